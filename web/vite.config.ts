import { defineConfig } from 'vite';

// Built with `npx vite build web`. The page is served from `/` by the API under a policy of
// `default-src 'self'`, so nothing may be inlined: neither scripts, styles nor data: images.
export default defineConfig({
  base: '/',
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // What a phone of five years ago runs when it was never updated since.
    target: ['chrome90', 'firefox90', 'safari14.1'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
});
