/** Where and from what a run was made: the machine, the code. */
import { execFile } from 'node:child_process';
import os from 'node:os';
import { promisify } from 'node:util';
import type { RunRecord } from './record.ts';

const run = promisify(execFile);

export function machineFingerprint(): RunRecord['machine'] {
  const cpus = os.cpus();
  const model = cpus[0]?.model.trim().replace(/\s+/g, ' ') ?? 'unknown';
  const memoryMb = Math.round(os.totalmem() / 1024 / 1024);
  const memoryClass = `${2 ** Math.round(Math.log2(Math.max(1, memoryMb / 1024)))}GB`;
  const system = `${os.platform()}-${os.arch()}`;
  return {
    cpus: cpus.length,
    model,
    memoryMb,
    os: `${os.type()} ${os.release()}`,
    node: process.version,
    class: `${cpus.length}x ${model}, ${memoryClass}, ${system}`,
  };
}

/** Null where it is not a git repository, or git is not here. */
export async function gitFingerprint(dir: string): Promise<RunRecord['git']> {
  const git = async (...args: string[]): Promise<string | null> => {
    try {
      return (await run('git', args, { cwd: dir, timeout: 5000 })).stdout.trim();
    } catch {
      return null;
    }
  };
  const [commit, branch, status] = await Promise.all([
    git('rev-parse', 'HEAD'),
    git('rev-parse', '--abbrev-ref', 'HEAD'),
    git('status', '--porcelain', '--untracked-files=no'),
  ]);
  return { commit, branch, dirty: status === null ? null : status !== '' };
}
