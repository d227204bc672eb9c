/** Which process something belongs to, and whether that process is gone: a pid alone may belong to another one by now. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { z } from 'zod';
import { systemCode } from '../errors.ts';

export const ownerSchema = z.strictObject({
  host: z.string(),
  pid: z.int().positive(),
  /** Boot and tick at which the process started; null where the system does not tell. */
  started: z.string().nullable(),
});

export type Owner = z.infer<typeof ownerSchema>;

export const thisProcess = (): Owner => ({
  host: os.hostname(),
  pid: process.pid,
  started: startOf(process.pid),
});

/** Undefined: it ran on another machine, nobody here can know. */
export function isGone({ host, pid, started }: Owner): boolean | undefined {
  if (host !== os.hostname()) return undefined;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and somebody else's.
    if (systemCode(error) === 'ESRCH') return true;
  }
  const now = startOf(pid);
  return started !== null && now !== null && now !== started;
}

/** From Linux' /proc; the name of a process may hold blanks and brackets, so fields are counted after the last bracket. */
function startOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return ticks === undefined ? null : `${boot}:${ticks}`;
  } catch {
    return null;
  }
}
