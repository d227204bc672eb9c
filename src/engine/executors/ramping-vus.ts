import type { LeaseTerms } from '../contracts/vu.ts';
import { formatDuration } from '../options/duration.ts';
import { clamp } from './loop-group.ts';
import { stagesDuration, type VuStep, vuSteps } from './ramp.ts';
import type { Executor, ExecutorHost, ExecutorRun, ScenarioOf, VuNeed } from './types.ts';
import { VuLoop } from './vu-loop.ts';

type Config = ScenarioOf<'ramping-vus'>;

/** VUs come and go along stages; a VU that goes may finish its iteration within gracefulRampDown. */
export const rampingVus: Executor<'ramping-vus'> = {
  duration: (scenario) => stagesDuration(scenario.stages),
  needs(scenario, split) {
    const steps = [...vuSteps(scenario.startVUs, scenario.stages)].map(({ at, vus }) => ({
      at,
      vus: split.scale(vus),
    }));
    return heldSteps(steps, scenario.gracefulRampDown, stagesDuration(scenario.stages), scenario.gracefulStop);
  },
  describe(scenario, split) {
    const peak = Math.max(scenario.startVUs, ...scenario.stages.map(({ target }) => target));
    const length = formatDuration(stagesDuration(scenario.stages));
    return `Up to ${split.scale(peak)} looping VUs for ${length} over ${scenario.stages.length} stages (gracefulRampDown: ${formatDuration(scenario.gracefulRampDown)}`;
  },
  start: (scenario, host) => new Ramp(scenario, host),
};

/** A VU stays reserved for gracefulRampDown after it is no longer wanted, and until the graceful stop at the end. */
function heldSteps(steps: readonly VuStep[], rampDown: number, end: number, gracefulStop: number): VuNeed[] {
  const last = end + gracefulStop;
  const times = new Set<number>([0, last]);
  for (const { at } of steps) times.add(at).add(Math.min(at + rampDown, last));
  const needs: VuNeed[] = [];
  // Sliding maximum over [t - rampDown, t]: `window` holds the steps that can still be the highest, descending.
  const window: VuStep[] = [];
  let next = 0;
  let current = 0;
  for (const at of [...times].sort((a, b) => a - b)) {
    for (let step = steps[next]; step && step.at <= at; step = steps[++next]) {
      // The level before this step holds until rampDown after it.
      push(window, { at: step.at, vus: current });
      current = step.vus;
    }
    while (window[0] && window[0].at + rampDown <= at) window.shift();
    const planned = at >= last ? 0 : Math.max(current, window[0]?.vus ?? 0);
    if (needs.at(-1)?.planned !== planned) needs.push({ at, planned, unplanned: 0 });
  }
  return needs;
}

function push(window: VuStep[], step: VuStep): void {
  for (let top = window.at(-1); top && top.vus <= step.vus; top = window.at(-1)) window.pop();
  window.push(step);
}

/** One of our VUs, in the order they are switched on. */
interface Slot {
  wanted: boolean;
  /** Set from taking the VU until it is given back. */
  busy: boolean;
  loop: VuLoop | undefined;
  cancelCut: (() => void) | undefined;
}

class Ramp implements ExecutorRun {
  readonly finished: Promise<void>;
  readonly #config: Config;
  readonly #host: ExecutorHost;
  readonly #end: number;
  readonly #slots: Slot[] = [];
  readonly #cancels = new Set<() => void>();
  readonly #terms: LeaseTerms | undefined;
  #finish: () => void = () => undefined;
  #wanted = 0;
  #busy = 0;
  #over = false;
  #stopReason: string | undefined;

  constructor(config: Config, host: ExecutorHost) {
    this.#config = config;
    this.#host = host;
    this.#end = host.startAt + stagesDuration(config.stages);
    this.#terms = host.leaseUntil(this.#end);
    this.finished = new Promise((resolve) => (this.#finish = resolve));
    this.#follow(vuSteps(config.startVUs, config.stages));
    this.#cancels.add(host.clock.at(this.#end, () => this.#windUp()));
    this.#cancels.add(host.clock.at(this.#end + config.gracefulStop, () => this.stop('gracefulStop')));
  }

  stop(reason: string): void {
    this.#over = true;
    this.#stopReason = reason;
    for (const slot of this.#slots) slot.loop?.cut(reason);
    this.#finishIfIdle();
  }

  status(): { vus: number; progress: number } {
    const elapsed = this.#host.clock.now() - this.#host.startAt;
    return { vus: this.#busy, progress: clamp(elapsed / stagesDuration(this.#config.stages)) };
  }

  #follow(steps: Iterator<VuStep, void>): void {
    for (;;) {
      const step = steps.next();
      if (step.done || this.#over) return;
      const { at, vus } = step.value;
      if (this.#host.startAt + at > this.#host.clock.now()) {
        const cancel = this.#host.clock.at(this.#host.startAt + at, () => {
          this.#cancels.delete(cancel);
          if (this.#over) return;
          this.#want(this.#host.split.scale(vus));
          this.#follow(steps);
        });
        this.#cancels.add(cancel);
        return;
      }
      this.#want(this.#host.split.scale(vus));
    }
  }

  #want(vus: number): void {
    for (; this.#wanted < vus; this.#wanted++) {
      const slot = (this.#slots[this.#wanted] ??= {
        wanted: false,
        busy: false,
        loop: undefined,
        cancelCut: undefined,
      });
      slot.wanted = true;
      slot.cancelCut?.();
      slot.cancelCut = undefined;
      slot.loop?.rewind();
      if (!slot.busy) void this.#run(slot);
    }
    for (; this.#wanted > vus; this.#wanted--) {
      const slot = this.#slots[this.#wanted - 1];
      if (!slot) continue;
      slot.wanted = false;
      if (!slot.busy) continue;
      slot.loop?.wind();
      const { clock } = this.#host;
      slot.cancelCut = clock.at(clock.now() + this.#config.gracefulRampDown, () => slot.loop?.cut('gracefulRampDown'));
    }
  }

  async #run(slot: Slot): Promise<void> {
    slot.busy = true;
    this.#busy++;
    const vu = await this.#host.takeVu();
    this.#host.addActive(1);
    await new Promise<void>((resolve) => {
      const rules = { mayBegin: () => this.#mayBegin(slot), terms: this.#terms };
      slot.loop = new VuLoop(this.#host, vu, rules, resolve);
      if (this.#stopReason !== undefined) slot.loop.cut(this.#stopReason);
      slot.loop.start();
    });
    slot.loop = undefined;
    slot.cancelCut?.();
    slot.cancelCut = undefined;
    slot.busy = false;
    this.#busy--;
    this.#host.addActive(-1);
    this.#host.giveBack(vu);
    // Wanted again between its last iteration and now.
    if (this.#mayBegin(slot)) void this.#run(slot);
    else this.#finishIfIdle();
  }

  /** By the clock as well: on a busy machine the timer of the end comes late. */
  #mayBegin(slot: Slot): boolean {
    return slot.wanted && !this.#over && this.#host.clock.now() < this.#end;
  }

  #windUp(): void {
    // The last step is due at this very moment, and may not have been taken: its VUs get gracefulRampDown all the same.
    const last = this.#config.stages.at(-1)?.target ?? this.#wanted;
    this.#want(Math.min(this.#wanted, this.#host.split.scale(last)));
    this.#over = true;
    for (const slot of this.#slots) slot.loop?.wind();
    this.#finishIfIdle();
  }

  #finishIfIdle(): void {
    if (!this.#over || this.#busy > 0) return;
    for (const cancel of this.#cancels) cancel();
    this.#finish();
  }
}
