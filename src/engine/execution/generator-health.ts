/** The engine watching itself: a run whose generator was the bottleneck says nothing about the target. */
import { type IntervalHistogram, monitorEventLoopDelay, performance, type EventLoopUtilization } from 'node:perf_hooks';

export interface HealthReading {
  /** Milliseconds that the event loop came late, beyond the sampling grain. */
  readonly lagP99: number;
  readonly lagMax: number;
  /** Share of the time the thread was busy, 0 to 1. */
  readonly cpu: number;
}

/** Timers fire at best on this grid (milliseconds). */
const RESOLUTION = 10;

export class GeneratorHealth {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION });
  #utilization: EventLoopUtilization = performance.eventLoopUtilization();

  start(): void {
    this.#delay.enable();
    this.#utilization = performance.eventLoopUtilization();
  }

  /** Since the last reading. */
  read(): HealthReading {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.#utilization);
    this.#utilization = now;
    const lag = (nanos: number): number => (Number.isFinite(nanos) ? Math.max(0, nanos / 1e6 - RESOLUTION) : 0);
    const reading = {
      lagP99: this.#delay.count === 0 ? 0 : lag(this.#delay.percentile(99)),
      lagMax: this.#delay.count === 0 ? 0 : lag(this.#delay.max),
      cpu: utilization,
    };
    this.#delay.reset();
    return reading;
  }

  stop(): void {
    this.#delay.disable();
  }
}
