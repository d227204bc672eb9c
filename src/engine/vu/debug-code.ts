/** The text of a program for a debugger: it carries its source map, with the user's files in it. */
import { readFileSync } from 'node:fs';
import inspector from 'node:inspector';
import { fileURLToPath } from 'node:url';
import type { ScriptProgram } from '../contracts/script.ts';

let breaks = false;

/** The next program that is compiled stops at its first line. */
export function breakAtStart(): void {
  breaks = true;
}

/** True while a debugger is attached, or may attach. */
export function debugging(): boolean {
  return inspector.url() !== undefined;
}

/** @returns the code with its source map, and with a stop at its start if one is wanted: once */
export function debuggable({ code, map }: Pick<ScriptProgram, 'code'> & Partial<Pick<ScriptProgram, 'map'>>): string {
  if (map === undefined) return code;
  const parsed = JSON.parse(map) as { readonly sources: readonly (string | null)[] };
  const sourcesContent = parsed.sources.map((source) => (source === null ? null : contentOf(source)));
  const data = Buffer.from(JSON.stringify({ ...parsed, sourcesContent })).toString('base64');
  // The first line is the engine's, the script begins on the second.
  const text = breaks ? code.replace('\n', '\ndebugger; ') : code;
  breaks = false;
  return `${text}\n//# sourceMappingURL=data:application/json;base64,${data}`;
}

function contentOf(source: string): string | null {
  try {
    return source.startsWith('file:') ? readFileSync(fileURLToPath(source), 'utf8') : null;
  } catch {
    // Of a module from the network, or gone since: the debugger shows the compiled code there.
    return null;
  }
}
