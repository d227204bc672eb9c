/**
 * How much of this machine other programs used during a load. Two runs of the same release differ when one of them had to
 * share the machine; a verdict must not take that for the release. Linux only: elsewhere nothing is known.
 */
import { readdir, readFile } from 'node:fs/promises';
import { hostOf, isLoopback } from '../config/hosts.ts';

export interface MachineLoad {
  /**
   * Share of all processors, 0 to 1, that programs which are not ours used since the start (what a host took away from a
   * virtual machine counts, too); null where it cannot be known.
   */
  othersShare(): Promise<number | null>;
}

/** Whether the whole load runs as our own processes, or on other machines: else what others used cannot be told. */
export function ownsItsProcesses(engine: string, baseUrl: string | null): boolean {
  if (engine === 'docker' || engine === 'operator') return false;
  return baseUrl === null || !isLoopback(hostOf(baseUrl));
}

export async function watchMachine(pid = process.pid): Promise<MachineLoad> {
  const before = await sample(pid);
  return {
    async othersShare() {
      const after = await sample(pid);
      if (before === undefined || after === undefined || after.total <= before.total) return null;
      const others = after.busy - before.busy - (after.ours - before.ours);
      return Math.min(1, Math.max(0, others / (after.total - before.total)));
    },
  };
}

/** Clock ticks since the machine started, over all processors. */
interface Sample {
  readonly busy: number;
  readonly total: number;
  /** Of us and of all that we started, ended ones included. */
  readonly ours: number;
}

async function sample(pid: number): Promise<Sample | undefined> {
  try {
    const [stat, ours] = await Promise.all([readFile('/proc/stat', 'utf8'), ticksOfTree(pid)]);
    const [, line = ''] = /^cpu +(.*)$/m.exec(stat) ?? [];
    const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, softirq = 0, steal = 0] = line
      .split(' ')
      .map(Number);
    const busy = user + nice + system + irq + softirq + steal;
    return { busy, total: busy + idle + waiting, ours };
  } catch {
    return undefined;
  }
}

async function ticksOfTree(root: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const processes = (await Promise.all(pids.map(readProcess))).filter((found) => found !== undefined);
  const family = new Set([root]);
  // A child may be listed before its parent: go on until nobody joins.
  for (let size = 0; size !== family.size;) {
    size = family.size;
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
  }
  return processes.filter(({ pid }) => family.has(pid)).reduce((sum, { ticks }) => sum + ticks, 0);
}

/** Undefined when it ended meanwhile. The command's name is in brackets and may hold anything, brackets included. */
async function readProcess(pid: number): Promise<{ pid: number; parent: number; ticks: number } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  // From the third field on (man proc_pid_stat): parent is the fourth, times of itself and of ended children 14 to 17.
  return { pid, parent: fields[1] ?? 0, ticks: fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) };
}
