import { TrendSink } from '../../metrics/trend.ts';
import type { GeneratorReading } from '../types.ts';
import type { EndLine } from './format.ts';

/** What the readings of a run say together. */
export class GeneratorSummary {
  readonly #lagP99 = new TrendSink();
  readonly #lagMax = new TrendSink();
  readonly #cpu = new TrendSink();
  readonly #planned = new TrendSink();
  #last: GeneratorReading | undefined;

  get last(): GeneratorReading | undefined {
    return this.#last;
  }

  add(reading: GeneratorReading): void {
    this.#last = reading;
    if (reading.lagP99 !== null) this.#lagP99.add(reading.lagP99);
    if (reading.lagMax !== null) this.#lagMax.add(reading.lagMax);
    if (reading.cpu !== null) this.#cpu.add(reading.cpu);
    if (reading.plannedRate !== null) this.#planned.add(reading.plannedRate);
  }

  /**
   * The lag is the 95th percentile of the readings' 99th percentiles: a hiccup at the start does not spoil a run, a
   * generator that is late again and again does.
   */
  summary(dropped: number, achievedRate: number): EndLine['generator'] {
    return {
      eventLoopLagP99: this.#lagP99.empty ? null : this.#lagP99.quantile(0.95),
      eventLoopLagMax: this.#lagMax.empty ? null : this.#lagMax.max,
      cpu: this.#cpu.empty ? null : this.#cpu.avg,
      droppedIterations: dropped,
      lateIterations: this.#last?.lateIterations ?? null,
      distortions: this.#last?.distortions ?? null,
      plannedRate: this.#planned.empty ? null : this.#planned.avg,
      achievedRate: this.#planned.empty ? null : achievedRate,
    };
  }
}
