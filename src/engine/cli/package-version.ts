import { readFileSync } from 'node:fs';

/** The version in package.json, which lies above dist and above src alike. */
export function packageVersion(): string {
  for (let dir = new URL('.', import.meta.url); ; dir = new URL('..', dir)) {
    try {
      const text = readFileSync(new URL('package.json', dir), 'utf8');
      const parsed = JSON.parse(text) as { readonly name?: string; readonly version?: string };
      if (parsed.name === 'gravl-load' && parsed.version) return parsed.version;
    } catch {
      // Not in this folder.
    }
    if (dir.pathname === '/') return 'unknown';
  }
}
