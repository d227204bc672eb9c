/** The stand-in target of `--env local`: a process of its own on free ports, so that it never slows the generator. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../config/package.ts';
import { LoadError } from '../errors.ts';
import { endWithUs } from '../runners/outlive.ts';

export interface LocalTarget {
  readonly url: string;
  readonly metricsUrl: string;
  stop(): Promise<void>;
}

const startTimeoutMs = 20_000;
const stopTimeoutMs = 5000;

/** @throws LoadError target.unreachable when it does not start */
export async function startLocalTarget(): Promise<LocalTarget> {
  const bin = path.join(packageRoot, 'bin', 'gravl-load.js');
  const child = spawn(process.execPath, [bin, 'target', '--port', '0', '--metrics-port', '0', '--json'], {
    // A Ctrl-C in the terminal is for the load; the target ends after it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said = (said + chunk).slice(-2000)));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = endWithUs(child.pid);
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  void closed.then(ended);

  const stop = async (): Promise<void> => {
    process.off('exit', kill);
    child.kill('SIGTERM');
    const timer = setTimeout(kill, stopTimeoutMs);
    await closed;
    clearTimeout(timer);
  };

  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<Pick<LocalTarget, 'url' | 'metricsUrl'>>((resolve, reject) => {
    const failed = (reason: string): void =>
      reject(new LoadError('target.unreachable', `the stand-in target ${reason}`));
    timer = setTimeout(() => failed(`did not start within ${startTimeoutMs / 1000} s`), startTimeoutMs);
    child.once('error', (error) => failed(`cannot be started: ${error.message}`));
    child.once('close', () => failed(`ended at once: ${said.trim()}`));
    createInterface({ input: child.stdout }).once('line', (line) => {
      resolve(JSON.parse(line) as Pick<LocalTarget, 'url' | 'metricsUrl'>);
    });
  });
  try {
    return { ...(await ready), stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
