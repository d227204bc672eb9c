/** The shapes of load, as plain data: who comes, how fast, for how long. */

/** Stages of users or of a rate: [duration, target]. */
export interface Stage {
  readonly duration: string;
  readonly target: number;
}

/**
 * Closed models have a number of users, each waiting for its answer and thinking before the next request. Open models
 * have a rate of iterations per second that comes whether or not the target keeps up.
 */
export type Load =
  | { readonly kind: 'users'; readonly vus: number; readonly duration: string }
  | { readonly kind: 'users-stages'; readonly stages: readonly Stage[] }
  | { readonly kind: 'iterations'; readonly vus: number; readonly iterations: number; readonly maxDuration: string }
  | { readonly kind: 'rate'; readonly rate: number; readonly duration: string; readonly maxVUs?: number | undefined }
  | {
      readonly kind: 'rate-stages';
      readonly startRate: number;
      readonly stages: readonly Stage[];
      readonly maxVUs?: number | undefined;
    };

export interface Profile {
  /** What the profile is for, in a few words. */
  readonly purpose: string;
  readonly load: Load;
  /** Seconds from one request of a user to the next (varied by ±20 %); open models do not think. */
  readonly think: number;
  /** Scenarios it runs when none are named; all of them by default. */
  readonly scenarios?: readonly string[] | undefined;
  /** A crossed threshold ends the run. */
  readonly abortOnFail?: boolean | undefined;
}

/** One request an iteration: with these a rate of iterations is a rate of requests. */
const singleRequests = ['health', 'exercises'];

export const profiles: Readonly<Record<string, Profile>> = {
  smoke: {
    purpose: 'does it work at all',
    load: { kind: 'users', vus: 1, duration: '10s' },
    // Some eighty requests: four times what its p95 takes, so that a slow target still leaves enough.
    think: 0.1,
  },
  baseline: {
    purpose: 'the reference every release is compared with: about 20 requests a second',
    load: { kind: 'users', vus: 10, duration: '30s' },
    think: 0.5,
    scenarios: ['health', 'exercises', 'metrics'],
  },
  average: {
    purpose: 'a normal day: up, steady, down',
    load: {
      kind: 'users-stages',
      stages: [
        { duration: '1m', target: 50 },
        { duration: '5m', target: 50 },
        { duration: '1m', target: 0 },
      ],
    },
    think: 0.5,
  },
  stress: {
    purpose: 'above a normal day, in steps: does it hold',
    load: {
      kind: 'rate-stages',
      startRate: 50,
      stages: [
        { duration: '1m', target: 100 },
        { duration: '3m', target: 200 },
        { duration: '3m', target: 400 },
        { duration: '1m', target: 50 },
      ],
    },
    think: 0,
    scenarios: singleRequests,
  },
  spike: {
    purpose: 'a sudden crowd: does it survive and recover',
    load: {
      kind: 'rate-stages',
      startRate: 20,
      stages: [
        { duration: '30s', target: 20 },
        { duration: '10s', target: 500 },
        { duration: '30s', target: 500 },
        { duration: '10s', target: 20 },
        { duration: '1m', target: 20 },
      ],
    },
    think: 0,
    scenarios: singleRequests,
  },
  soak: {
    purpose: 'hours of normal load: leaks and drift',
    load: { kind: 'users', vus: 30, duration: '2h' },
    think: 0.5,
  },
  breakpoint: {
    purpose: 'more and more until a threshold breaks',
    load: { kind: 'rate-stages', startRate: 10, stages: [{ duration: '10m', target: 2000 }] },
    think: 0,
    scenarios: singleRequests,
    abortOnFail: true,
  },
};
