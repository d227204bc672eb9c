import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/engine/executors/clock.ts';

describe('the system clock', () => {
  let now = 0;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    now = 1000;
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('calls back once the time has come, however early its timer is', () => {
    const called = vi.fn();
    systemClock.at(1010.9, called);
    for (const early of [1009.1, 1010.2, 1010.899]) {
      now = early;
      vi.runOnlyPendingTimers();
      expect(called).not.toHaveBeenCalled();
    }
    now = 1010.9;
    vi.runOnlyPendingTimers();
    expect(called).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('calls back for what is already due, but not at once', () => {
    const called = vi.fn();
    systemClock.at(900, called);
    expect(called).not.toHaveBeenCalled();
    vi.runOnlyPendingTimers();
    expect(called).toHaveBeenCalledTimes(1);
  });

  it('waits longer than one timer can', () => {
    const called = vi.fn();
    systemClock.at(now + 2 ** 32, called);
    now += 2 ** 31 - 1;
    vi.advanceTimersByTime(2 ** 31 - 1);
    expect(called).not.toHaveBeenCalled();
    now = 1000 + 2 ** 32;
    vi.advanceTimersByTime(2 ** 31 + 1);
    expect(called).toHaveBeenCalledTimes(1);
  });

  it('does not call back what was cancelled, waiting for the first time or again', () => {
    const called = vi.fn();
    systemClock.at(1010, called)();
    const cancel = systemClock.at(1010, called);
    now = 1009.5;
    vi.runOnlyPendingTimers();
    cancel();
    now = 1020;
    vi.runAllTimers();
    expect(called).not.toHaveBeenCalled();
  });
});
