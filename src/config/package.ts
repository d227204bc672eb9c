import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the installed package, from the sources and from a bundle in dist/ alike. */
export const packageRoot: string = findRoot(path.dirname(fileURLToPath(import.meta.url)));

/** Version of this package. */
export const suiteVersion: string = readVersion();

function findRoot(from: string): string {
  let dir = from;
  while (!existsSync(path.join(dir, 'bin', 'gravl-load.js'))) {
    const parent = path.dirname(dir);
    if (parent === dir) throw new Error(`the gravl-load package was not found above ${from}`);
    dir = parent;
  }
  return dir;
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
