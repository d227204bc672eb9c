import { spawn, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { watchMachine } from '../../src/run/machine-load.ts';

describe.runIf(process.platform === 'linux')('what other programs use of the machine', () => {
  it('leaves out this process and all that it started, ended ones included', async () => {
    const idle = spawn('sleep', ['600']);
    try {
      const ours = await watchMachine();
      // Seen from a program that does nothing, our work is that of others.
      const seenFromOutside = await watchMachine(idle.pid);
      spawnSync(process.execPath, [
        '-e',
        'const end = process.cpuUsage().user + 1500e3; while (process.cpuUsage().user < end);',
      ]);
      const [mine, outside] = [await ours.othersShare(), await seenFromOutside.othersShare()];
      expect(mine).toBeGreaterThanOrEqual(0);
      expect(outside).toBeLessThanOrEqual(1);
      expect(outside).toBeGreaterThan(mine ?? 1);
    } finally {
      idle.kill();
    }
  });
});
