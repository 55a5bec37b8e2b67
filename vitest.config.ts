import { defineConfig } from 'vitest/config';

// Tests import the sources' types and run the built code (`#src/…`, see package.json), so what is
// tested is what ships: worker threads and child processes load the same files as in production.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    server: { deps: { external: [/\/dist\//] } },
  },
});
