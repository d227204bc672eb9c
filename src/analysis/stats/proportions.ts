/** Exact inference for rates of events (errors, failed checks). */
import { incompleteBeta, logGamma } from './distributions.ts';

export interface Proportion {
  readonly events: number;
  readonly trials: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Clopper & Pearson (1934): exact, two-sided. `confidence` like 0.95. */
export function clopperPearson({ events, trials }: Proportion, confidence: number): Interval {
  if (trials === 0) return { low: 0, high: 1 };
  const tail = (1 - confidence) / 2;
  const low = events === 0 ? 0 : betaQuantile(tail, events, trials - events + 1);
  const high = events === trials ? 1 : betaQuantile(1 - tail, events + 1, trials - events);
  return { low, high };
}

/**
 * Interval of the difference candidate − baseline by Newcombe's square-and-add (1998, method 10) on Clopper-Pearson
 * limits: conservative, and defined with zero events.
 */
export function differenceInterval(baseline: Proportion, candidate: Proportion, confidence: number): Interval {
  const rate = (p: Proportion): number => (p.trials === 0 ? 0 : p.events / p.trials);
  const [p1, p2] = [rate(baseline), rate(candidate)];
  const [i1, i2] = [clopperPearson(baseline, confidence), clopperPearson(candidate, confidence)];
  const difference = p2 - p1;
  return {
    low: difference - Math.hypot(p2 - i2.low, i1.high - p1),
    high: difference + Math.hypot(i2.high - p2, p1 - i1.low),
  };
}

/**
 * Fisher's exact test, one-sided: the probability of at least this many candidate events among all events if both
 * rates were equal.
 */
export function fisherGreater(baseline: Proportion, candidate: Proportion): number {
  const events = baseline.events + candidate.events;
  const trials = baseline.trials + candidate.trials;
  const most = Math.min(events, candidate.trials);
  const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
  const whole = logChoose(trials, events);
  let p = 0;
  for (let k = candidate.events; k <= most; k++) {
    const term = Math.exp(logChoose(candidate.trials, k) + logChoose(baseline.trials, events - k) - whole);
    p += term;
    if (term < p * 1e-17) break;
  }
  return Math.min(1, p);
}

function betaQuantile(p: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 100 && high - low > 1e-15 * high; i++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
