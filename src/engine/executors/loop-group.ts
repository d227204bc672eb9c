/** What the executors with looping VUs share: a fixed set of VUs until an end, then the graceful stop. */
import { type LoopRules, VuLoop } from './vu-loop.ts';
import type { ExecutorHost, ExecutorRun } from './types.ts';

export interface LoopPlan {
  readonly vus: number;
  /** Milliseconds until no new iteration begins. */
  readonly duration: number;
  readonly gracefulStop: number;
  /** Iterations of each VU; no limit unless given. */
  readonly iterations?: number;
  /** Each iteration is one of those that the instance's VUs share. */
  readonly shared?: boolean;
  /** 0 to 1, by the milliseconds since the start and the iterations begun on this thread. */
  progress(elapsed: number, begun: number): number;
}

export function startLoops(plan: LoopPlan, host: ExecutorHost): ExecutorRun {
  const loops = new Set<VuLoop>();
  const cancels: (() => void)[] = [];
  let over = false;
  let stopReason: string | undefined;
  let active = 0;
  let begun = 0;

  const cut = (reason: string): void => {
    over = true;
    stopReason = reason;
    for (const loop of loops) loop.cut(reason);
  };
  const end = host.startAt + plan.duration;
  cancels.push(
    host.clock.at(end, () => {
      over = true;
      for (const loop of loops) loop.wind();
    }),
    host.clock.at(end + plan.gracefulStop, () => cut('gracefulStop')),
  );

  const terms = host.leaseUntil(end);
  const rules = (): LoopRules => {
    let left = plan.iterations ?? Infinity;
    return {
      mayBegin: () => !over && left > 0 && host.clock.now() < end && (plan.shared !== true || host.takeShared()),
      begins() {
        begun++;
        left--;
      },
      terms,
      left: () => left,
    };
  };

  const runOne = async (): Promise<void> => {
    const vu = await host.takeVu();
    if (over) {
      host.giveBack(vu);
      return;
    }
    host.addActive(1);
    active++;
    let loop: VuLoop | undefined;
    await new Promise<void>((resolve) => {
      loop = new VuLoop(host, vu, rules(), resolve);
      loops.add(loop);
      if (stopReason !== undefined) loop.cut(stopReason);
      loop.start();
    });
    if (loop) loops.delete(loop);
    host.addActive(-1);
    active--;
    host.giveBack(vu);
  };

  return {
    finished: Promise.all(Array.from({ length: plan.vus }, runOne)).then(() => {
      for (const cancel of cancels) cancel();
    }),
    stop: cut,
    status: () => ({ vus: active, progress: clamp(plan.progress(host.clock.now() - host.startAt, begun)) }),
  };
}

export function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
