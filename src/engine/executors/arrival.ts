/** What the two arrival-rate executors share: a timeline, a pool of VUs, and what happens when it is empty. */
import type { Vu } from '../contracts/vu.ts';
import { pace } from './pace.ts';
import { clamp } from './loop-group.ts';
import type { ExecutorHost, ExecutorRun } from './types.ts';

export interface ArrivalPlan {
  readonly preAllocatedVUs: number;
  readonly maxVUs: number;
  readonly duration: number;
  readonly gracefulStop: number;
  /** Milliseconds since the start of our nth iteration; undefined past the end. Calls ascend. */
  timeOf(n: number): number | undefined;
}

export function startArrivals(plan: ArrivalPlan, host: ExecutorHost): ExecutorRun {
  const idle: Vu[] = [];
  const running = new Set<Vu>();
  const cancels: (() => void)[] = [];
  let made = 0;
  let initialising = false;
  let over = false;
  let stopped = false;
  let warned = false;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (finish = resolve));

  /** Arrivals that found no VU free and wait for their second look. */
  let waiting = 0;

  const finishIfIdle = (): void => {
    if (!over || running.size > 0 || waiting > 0 || initialising) return;
    for (const cancel of cancels) cancel();
    for (const vu of idle.splice(0)) host.giveBack(vu);
    finish();
  };

  const iterate = (vu: Vu, intended: number): void => {
    running.add(vu);
    host.addActive(1);
    host.iterate(
      vu,
      () => {
        running.delete(vu);
        host.addActive(-1);
        idle.push(vu);
        finishIfIdle();
      },
      intended,
    );
  };

  /** A VU may be free but for an answer that has come and was not read yet: after a late start many are due at once. */
  const begin = (intended: number): void => {
    const vu = idle.shift();
    if (vu) {
      iterate(vu, intended);
      return;
    }
    waiting++;
    host.clock.soon(() => {
      waiting--;
      const free = stopped ? undefined : idle.shift();
      if (free) iterate(free, intended);
      else if (!stopped) starve();
      finishIfIdle();
    });
  };

  const starve = (): void => {
    host.dropped();
    if (initialising) return;
    if (made >= plan.maxVUs) {
      if (!warned) host.warn(`Insufficient VUs, reached ${made} active VUs and cannot initialize more`);
      warned = true;
      return;
    }
    void addVu();
  };

  const addVu = async (): Promise<void> => {
    initialising = true;
    made++;
    try {
      idle.push(await host.initVu());
    } catch (error) {
      host.warn(`Could not initialize another VU: ${error instanceof Error ? error.message : String(error)}`);
    }
    initialising = false;
    finishIfIdle();
  };

  const stop = (reason: string): void => {
    over = true;
    stopped = true;
    pacing.stop();
    for (const vu of running) host.interrupt(vu, reason);
    finishIfIdle();
  };

  const addPlanned = (vu: Vu): void => {
    if (over) host.giveBack(vu);
    else idle.push(vu);
  };
  for (; made < plan.preAllocatedVUs; made++) {
    const vu = host.takeVu();
    if (vu instanceof Promise) void vu.then(addPlanned);
    else addPlanned(vu);
  }
  const pacing = pace(host.starts, host.startAt, (n) => plan.timeOf(n), begin);
  cancels.push(
    host.clock.at(host.startAt + plan.duration, () => {
      // This timer may be ahead of the one for the last iterations.
      pacing.catchUp();
      over = true;
      pacing.stop();
      finishIfIdle();
    }),
    host.clock.at(host.startAt + plan.duration + plan.gracefulStop, () => stop('gracefulStop')),
  );
  return {
    finished,
    stop,
    status: () => ({ vus: running.size, progress: clamp((host.clock.now() - host.startAt) / plan.duration) }),
  };
}
