/** Secrets that are put everywhere, and the search for them in everything that was written or said. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const canaries = {
  token: 'canary-token-K8x/Q2+w7~Zt',
  fileToken: 'canary-file-V5m=c3X1pLqe',
  user: 'canaryuser71',
  password: 'canary p@ss:word/93?&',
  variable: 'canary-variable-Jd82hsk1',
  echoed: 'canary-echoed-8f7e6d5c4b3a',
  cookie: 'canary-cookie-1a2b3c4d5e6f',
  database: 'canary-database-77ab19cd',
};

/** Plain, URL-encoded and in base64 at every alignment. */
function formsOf(secret: string): string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]);
    return bytes
      .toString('base64')
      .replaceAll('=', '')
      .slice(shift === 0 ? 0 : 4, Math.floor(bytes.length / 3) * 4);
  });
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), ...base64];
}

/** Which of them are in that text. */
export const found = (where: string, text: string): string[] =>
  Object.entries(canaries).flatMap(([name, secret]) =>
    formsOf(secret).flatMap((form) => {
      const at = text.indexOf(form);
      return at === -1 ? [] : [`${name} in ${where}: …${text.slice(Math.max(0, at - 80), at + 60)}…`];
    }),
  );

/** … in the names and contents of all files of that folder. */
export function inFiles(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .flatMap((file) => [...found(file, readFileSync(file, 'latin1')), ...found(file, file)]);
}

/** … in the command lines of all other processes, read again and again until `over`. */
export async function inCommandLines(over: Promise<unknown>): Promise<string[]> {
  const leaks = new Set<string>();
  const state = { over: false };
  void over.finally(() => (state.over = true));
  while (!state.over) {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
      try {
        for (const leak of found(`the command line of ${pid}`, readFileSync(`/proc/${pid}/cmdline`, 'latin1'))) {
          leaks.add(leak);
        }
      } catch {
        // It has ended.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return [...leaks];
}
