/** Runs the built command on a script given as text, in a folder of its own. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const bin = path.resolve(import.meta.dirname, '../../../bin/gravl-k6.js');
/** Only against hanging for good. */
const LIMIT_MS = 300_000;

export interface Finished {
  readonly code: number | null;
  /** What ended the process, when it was no exit. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Log lines of level and text. */
  readonly log: readonly { readonly level: string; readonly msg: string; readonly source?: string }[];
}

export interface RunOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Called with the running process as soon as its log holds the text. */
  readonly when?: { readonly log: string; readonly then: (kill: (signal: NodeJS.Signals) => void) => void };
}

/** Runs `gravl-k6 <command> [args] script.js`. */
export async function runScript(script: string, options: RunOptions = {}): Promise<Finished> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'gravl-k6-test-'));
  try {
    await writeFile(path.join(dir, 'script.js'), script);
    const args = ['run', '--quiet', '--log-format', 'json', ...(options.args ?? []), 'script.js'];
    return await runCommand(args, dir, options);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

export function runCommand(args: readonly string[], cwd: string, options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { cwd, env: { ...process.env, ...options.env } });
    const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
    let [stdout, stderr, told] = ['', '', false];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      if (told || !options.when || !stderr.includes(options.when.log)) return;
      told = true;
      options.when.then((signal) => child.kill(signal));
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
      resolve({ code, signal, stdout, stderr, log: lines.map((line) => JSON.parse(line) as Finished['log'][number]) });
    });
    child.stdin.end(options.input ?? '');
  });
}
