import { EventEmitter } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Timekeeper as TimekeeperClass } from '../../../src/engine/execution/timekeeper.ts';
import { Timekeeper } from '../../../src/engine/execution/timekeeper.ts';

let keeper: TimekeeperClass | undefined;

afterEach(async () => {
  await keeper?.stop();
  keeper = undefined;
});

describe('the timekeeper', () => {
  it('calls back in the order of time, never early', async () => {
    const clock = (keeper = await Timekeeper.start());
    const start = clock.now();
    const called: number[] = [];
    await new Promise<void>((resolve) => {
      for (const after of [12.7, 3.2, 0.4, 3.2, 7.05, -5]) {
        clock.at(start + after, () => {
          expect(clock.now()).toBeGreaterThanOrEqual(start + after - 1e-6);
          called.push(after);
          if (called.length === 6) resolve();
        });
      }
      expect(called).toEqual([]);
    });
    expect(called).toEqual([-5, 0.4, 3.2, 3.2, 7.05, 12.7]);
  });

  it('goes on from one call to the next, told of it before or not', async () => {
    const clock = (keeper = await Timekeeper.start());
    const start = clock.now();
    let count = 0;
    await new Promise<void>((resolve) => {
      const step = (): void => {
        if (++count === 300) {
          resolve();
          return;
        }
        const next = start + count * 0.3;
        // Wrong promises too: nothing may be lost by them.
        const hint = [next + 0.3, undefined, next + 0.1, next + 50, next - 1][count % 5];
        clock.at(next, step, hint);
      };
      step();
    });
    expect(count).toBe(300);
  });

  it('does not call back what was cancelled', async () => {
    const clock = (keeper = await Timekeeper.start());
    const cancelled = vi.fn();
    const cancel = clock.at(clock.now() + 2, cancelled);
    const again = clock.at(clock.now() + 4, cancelled);
    cancel();
    await new Promise<void>((resolve) => clock.at(clock.now() + 3, resolve));
    again();
    await new Promise<void>((resolve) => clock.at(clock.now() + 3, resolve));
    expect(cancelled).not.toHaveBeenCalled();
  });

  it('calls nothing back after its end', async () => {
    const clock = await Timekeeper.start();
    const called = vi.fn();
    clock.at(clock.now() + 1, called);
    await clock.stop();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(called).not.toHaveBeenCalled();
  });

  it('leaves its work to timers when its thread is gone', async () => {
    const worker = Object.assign(new EventEmitter(), { ref: vi.fn(), unref: vi.fn(), terminate: vi.fn() });
    vi.resetModules();
    vi.doMock('node:worker_threads', async (original) => ({
      ...(await original<object>()),
      Worker: function () {
        return worker;
      },
    }));
    const mocked = await import('../../../src/engine/execution/timekeeper.ts');
    vi.doUnmock('node:worker_threads');
    const starting = mocked.Timekeeper.start();
    worker.emit('message');
    const clock = await starting;
    const before = new Promise<void>((resolve) => clock.at(clock.now() + 5, resolve));
    worker.emit('exit');
    const after = new Promise<void>((resolve) => clock.at(clock.now() + 5, resolve));
    const cancelled = vi.fn();
    clock.at(clock.now() + 1, cancelled)();
    await Promise.all([before, after]);
    expect(cancelled).not.toHaveBeenCalled();
    const { systemClock } = await import('../../../src/engine/executors/clock.ts');
    const timers = vi.spyOn(systemClock, 'at');
    const steps = (count: number, every: number) =>
      new Promise<void>((resolve) => {
        const step = (left: number): void => {
          if (left === 0) resolve();
          else clock.at(clock.now() + every, () => step(left - 1));
        };
        step(count);
      });
    await Promise.all([steps(60, 1), steps(3, 20)]);
    // At most two a step, and two more where the clocks of both threads differ by a rounding: none is left to add up.
    expect(timers.mock.calls.length).toBeLessThanOrEqual(63 * 4);
    await clock.stop();
  });
});
