/** Starting an engine as a process, keeping its log, and ending it. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createInterface } from 'node:readline';
import { LoadError, messageOf, systemCode } from '../errors.ts';
import { endWithUs } from './outlive.ts';
import { engineEnvironment } from './plan-variables.ts';
import type { RunRequest } from './types.ts';

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ProcessResult {
  readonly exitCode: number | null;
  /** The last errors it logged; when it logged none, its last lines. */
  readonly errors: readonly string[];
}

const keptLines = 10;

/**
 * Runs the command to its end. It gets a process group of its own: a Ctrl-C in the terminal reaches only us, and we pass
 * it on once, because a second interrupt makes k6 drop everything.
 * @throws LoadError engine.missing when it cannot be started
 */
export async function runProcess(command: Command, request: RunRequest): Promise<ProcessResult> {
  request.onDebug(request.redact([command.file, ...command.args].map(shellQuote).join(' ')));
  const { env, leftOut } = engineEnvironment(process.env);
  if (leftOut.length > 0)
    request.onNotice(`Not passed on to the engine, because the plan has the say: ${leftOut.join(', ')}`);
  const child = spawn(command.file, command.args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, ...command.env },
  });
  const ended = endWithUs(child.pid);
  const log = createWriteStream(request.logFile, { flags: 'a' });
  // A log that cannot be written is not worth a run.
  log.on('error', (error) => request.onDebug(`${request.logFile}: ${error.message}`));
  const errors: string[] = [];
  const lastLines: string[] = [];
  const keep = (kept: string[], line: string): void => {
    if (kept.push(line) > keptLines) kept.shift();
  };
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      const shown = request.redact(line);
      log.write(`${shown}\n`);
      request.onDebug(shown);
      const error = errorMessage(shown);
      if (error !== undefined) keep(errors, error);
      if (shown.trim() !== '') keep(lastLines, shown);
    });
  }

  const signal = (name: NodeJS.Signals): void => {
    if (child.exitCode === null && child.signalCode === null) child.kill(name);
  };
  const stop = (): void => signal('SIGINT');
  const force = (): void => signal('SIGKILL');
  request.stop.addEventListener('abort', stop, { once: true });
  request.force.addEventListener('abort', force, { once: true });
  // We may be ended without a chance to say so; the engine must not go on alone.
  process.once('exit', force);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, killedBy) => {
        // Not by us: the kernel, when memory runs out, or a person.
        if (killedBy !== null && !request.force.aborted) keep(errors, `the engine was ended by ${killedBy}`);
        resolve(code);
      });
      if (request.stop.aborted) stop();
    });
    return { exitCode, errors: errors.length > 0 ? errors : lastLines };
  } catch (error) {
    throw cannotStart(command.file, error);
  } finally {
    request.stop.removeEventListener('abort', stop);
    request.force.removeEventListener('abort', force);
    process.off('exit', force);
    ended();
    log.end();
    await finished(log).catch(() => undefined);
  }
}

/** Output of a short command, for versions. */
export function probeCommand(file: string, args: readonly string[], timeoutMs = 30_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
    }
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(cannotStart(file, error));
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      if (code === 0) resolve(output);
      else reject(new LoadError('engine.missing', `${file} ${args.join(' ')} failed: ${output.trim().slice(-500)}`));
    });
  });
}

/** The version in what `k6 version` prints: `k6 v2.2.0 (…)`. */
export const versionIn = (output: string): string | null => /\bv?(\d+\.\d+\.\d+[\w.+-]*)/.exec(output)?.[1] ?? null;

function cannotStart(file: string, error: unknown): LoadError {
  const reasons: Readonly<Record<string, string>> = { ENOENT: 'was not found', EACCES: 'may not be executed' };
  const reason = reasons[systemCode(error) ?? ''] ?? `cannot be started: ${messageOf(error)}`;
  return new LoadError('engine.missing', `${file} ${reason}`, { cause: error });
}

/** The message of a log line of level error: `time="…" level=error msg="…"`. */
export function errorMessage(line: string): string | undefined {
  if (!/\blevel=(error|fatal)\b/.test(line)) return /^(ERRO|FATA)\[\d+\]\s+(.*)/.exec(line)?.[2];
  const message = /\bmsg=("(?:[^"\\]|\\.)*"|\S+)/.exec(line)?.[1];
  if (message?.startsWith('"') !== true) return message ?? line;
  try {
    return String(JSON.parse(message));
  } catch {
    return message;
  }
}

const shellQuote = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
