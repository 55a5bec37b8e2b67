import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../dist/web', import.meta.url));
const html = readFileSync(path.join(root, 'index.html'), 'utf8');
const assets = readdirSync(path.join(root, 'assets')).map((name) => `assets/${name}`);

function gzipBytes(files: readonly string[]): number {
  return files.reduce((sum, file) => sum + gzipSync(readFileSync(path.join(root, file))).length, 0);
}

describe('the built page', () => {
  it('is small: 60 kB to start, 150 kB with every chart', () => {
    const first = assets.filter((file) => html.includes(file));
    expect(first.length).toBeGreaterThanOrEqual(2);
    expect(gzipBytes(['index.html', ...first])).toBeLessThan(60_000);
    expect(gzipBytes(['index.html', ...assets])).toBeLessThan(150_000);
  });

  it('holds nothing that a policy of self alone would refuse', () => {
    expect(html).not.toMatch(/<style|style=|\son\w+=/i);
    expect(html.match(/<script(?![^>]*\ssrc=)[^>]*>/g)).toBeNull();
    const addresses = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map((match) => match[1]);
    expect(addresses.filter((address) => !address?.startsWith('/'))).toEqual([]);
    for (const file of assets.filter((name) => name.endsWith('.css'))) {
      expect(readFileSync(path.join(root, file), 'utf8')).not.toMatch(/url\(|@import/);
    }
  });
});
