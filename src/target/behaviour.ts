/** How the stand-in behaves like a real backend: service time, errors, and a true capacity. */
export interface BehaviourOptions {
  /** Median service time in milliseconds. */
  readonly latencyMs: number;
  /** Spread of the lognormal service time (sigma of its logarithm); 0: constant. */
  readonly latencySigma: number;
  /** Share of API requests answered with 500. */
  readonly errorRate: number;
  /** Requests worked on at once; others wait in order. 0: no limit. With limit k and service time s: k/s requests a second. */
  readonly concurrency: number;
  /** Seconds after the start during which service times fall from five times their size to normal. */
  readonly slowStartSeconds: number;
  readonly seed: number;
}

export interface Behaviour {
  /** Waits its turn and serves; true when the request must fail. */
  serve(): Promise<boolean>;
  /** Requests being served and waiting. */
  readonly inFlight: number;
  readonly queued: number;
}

const slowStartFactor = 5;

/** @param now monotonic milliseconds */
export function makeBehaviour(options: BehaviourOptions, now: () => number = () => performance.now()): Behaviour {
  const random = seededRandom(options.seed);
  const startedAt = now();
  const waiting: (() => void)[] = [];
  let busy = 0;
  let head = 0;

  const acquire = (): Promise<void> | undefined => {
    if (options.concurrency === 0 || busy < options.concurrency) {
      busy++;
      return undefined;
    }
    return new Promise((resolve) => waiting.push(resolve));
  };
  const release = (): void => {
    const next = waiting[head];
    if (next === undefined) {
      busy--;
      return;
    }
    // The place goes straight to the longest waiting request. A moving head keeps a long queue cheap.
    head++;
    if (head > 1024 && head * 2 > waiting.length) {
      waiting.splice(0, head);
      head = 0;
    }
    next();
  };
  const serviceTime = (): number => {
    const warmth =
      options.slowStartSeconds === 0 ? 1 : Math.min(1, (now() - startedAt) / 1000 / options.slowStartSeconds);
    const slow = slowStartFactor - (slowStartFactor - 1) * warmth;
    const noise = options.latencySigma === 0 ? 1 : Math.exp(options.latencySigma * normal(random));
    return options.latencyMs * noise * slow;
  };

  let debt = 0;
  return {
    async serve() {
      await acquire();
      const start = now();
      const due = serviceTime();
      const fails = random() < options.errorRate;
      // Timers fire late; what one service took too long the next ones give back, so that k/s stays true.
      if (due > debt) await new Promise((resolve) => setTimeout(resolve, due - debt));
      debt = Math.max(-due, Math.min(due, debt + now() - start - due));
      release();
      return fails;
    },
    get inFlight() {
      return busy;
    },
    get queued() {
      return waiting.length - head;
    },
  };
}

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, enough for service times. Uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Standard normal by Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
