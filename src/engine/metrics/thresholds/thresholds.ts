import { EngineError, ExitCode } from '../../contracts/errors.ts';
import type { ThresholdConfig } from '../../options/types.ts';
import type { Aggregator } from '../aggregator.ts';
import type { MetricRegistry } from '../registry.ts';
import type { Sink } from '../sinks.ts';
import { aggregate } from '../sinks.ts';
import type { SeriesSelector } from '../submetric.ts';
import { parseSelector } from '../submetric.ts';
import type { ThresholdExpression } from './parse.ts';
import { holds, parseThreshold, unsupported } from './parse.ts';

export interface ThresholdState {
  /** Series the threshold judges, as the summary names it. */
  readonly series: string;
  readonly source: string;
  readonly aggregation: string;
  readonly operator: string;
  readonly limit: number;
  readonly abortOnFail: boolean;
  readonly ok: boolean;
  /** What was last seen; undefined before the first evaluation and when there was nothing to judge. */
  readonly observed: number | undefined;
}

interface Threshold {
  readonly expression: ThresholdExpression;
  readonly abortOnFail: boolean;
  readonly delayAbortEval: number;
  ok: boolean;
  observed: number | undefined;
}

interface JudgedSeries {
  readonly selector: SeriesSelector;
  readonly thresholds: readonly Threshold[];
}

export interface Evaluation {
  /** Names of the series with a crossed threshold, sorted. */
  readonly crossed: readonly string[];
  /** A crossed threshold asks to end the test now. */
  readonly abort: boolean;
}

function invalid(message: string): EngineError {
  return new EngineError(message, ExitCode.invalidConfig);
}

/** The thresholds of a run: parsed at once, bound to metrics after the init context, evaluated as often as asked. */
export class Thresholds {
  readonly #judged: readonly JudgedSeries[];
  readonly #overlooked: ((message: string) => void) | undefined;

  /**
   * @param overlooked takes what is wrong and is passed over, when nothing is to be judged (`--no-thresholds`): the series
   *   exist all the same, and every threshold counts as held
   * @throws EngineError (104) for an expression or a key that cannot be parsed
   */
  constructor(config: Readonly<Record<string, readonly ThresholdConfig[]>>, overlooked?: (message: string) => void) {
    this.#overlooked = overlooked;
    const byName = new Map<string, { selector: SeriesSelector; thresholds: Threshold[] }>();
    for (const [key, list] of Object.entries(config)) {
      const parsed = parseSelector(key);
      if (!parsed.ok) {
        this.#refuse(key, `invalid threshold defined on ${key}; reason: ${parsed.reason}`);
        continue;
      }
      const { selector } = parsed;
      const judged = byName.get(selector.name) ?? { selector, thresholds: [] };
      byName.set(selector.name, judged);
      for (const { threshold, abortOnFail, delayAbortEval } of list) {
        const read = parseThreshold(threshold);
        if (!read.ok && !overlooked) throw invalid(read.reason);
        judged.thresholds.push({
          expression: read.ok ? read.expression : { source: threshold, aggregation: '', operator: '<', limit: NaN },
          abortOnFail,
          delayAbortEval,
          ok: true,
          observed: undefined,
        });
      }
    }
    this.#judged = [...byName.values()].sort((a, b) => (a.selector.name < b.selector.name ? -1 : 1));
  }

  get empty(): boolean {
    return this.#overlooked !== undefined || this.#judged.every(({ thresholds }) => thresholds.length === 0);
  }

  /** The series with tags that must be aggregated for the thresholds. */
  selectors(): readonly SeriesSelector[] {
    return this.#judged.map(({ selector }) => selector).filter(({ tags }) => tags.length > 0);
  }

  /**
   * Checks every threshold against the metrics that the init context has defined, and makes the judged series exist.
   * @throws EngineError (104) for an unknown metric or an aggregation its type does not have
   */
  bind(registry: MetricRegistry, aggregator: Aggregator): void {
    for (const { selector, thresholds } of this.#judged) {
      const metric = registry.get(selector.metric);
      if (metric === undefined) {
        const reason = `no metric name "${selector.metric}" found`;
        this.#refuse(selector.name, `invalid threshold defined on ${selector.name}; reason: ${reason}`);
        continue;
      }
      for (const { expression } of this.#overlooked ? [] : thresholds) {
        const reason = unsupported(expression, metric.type);
        if (reason === undefined) continue;
        throw invalid(`invalid threshold "${expression.source}" applied on metric ${selector.name}; reason: ${reason}`);
      }
      aggregator.ensure(metric, selector.name);
      // The summary shows a judged part below its whole, samples or not.
      aggregator.ensure(metric, selector.metric);
    }
  }

  /**
   * Judges every threshold by what its series holds now.
   * @param elapsed milliseconds since the load began
   * @param final at the end series without samples are judged too (a rate without samples never is: it has no value)
   */
  evaluate(aggregator: Aggregator, elapsed: number, final: boolean): Evaluation {
    const crossed: string[] = [];
    let abort = false;
    if (this.#overlooked) return { crossed, abort };
    for (const { selector, thresholds } of this.#judged) {
      const sink = aggregator.find(selector.name)?.sink;
      if (sink === undefined || (sink.empty && !final)) continue;
      let failed = false;
      for (const threshold of thresholds) {
        judge(threshold, sink, elapsed);
        if (threshold.ok) continue;
        failed = true;
        if (threshold.abortOnFail && elapsed >= threshold.delayAbortEval) abort = true;
      }
      if (failed) crossed.push(selector.name);
    }
    return { crossed, abort };
  }

  #refuse(key: string, message: string): void {
    if (!this.#overlooked) throw invalid(message);
    this.#overlooked(`Invalid metric '${key}' in threshold definitions`);
  }

  states(): readonly ThresholdState[] {
    return this.#judged.flatMap(({ selector, thresholds }) =>
      thresholds.map(({ expression, abortOnFail, ok, observed }) => ({
        series: selector.name,
        source: expression.source,
        aggregation: expression.aggregation,
        operator: expression.operator,
        limit: expression.limit,
        abortOnFail,
        ok,
        observed,
      })),
    );
  }
}

function judge(threshold: Threshold, sink: Sink, elapsed: number): void {
  const { aggregation, operator, limit } = threshold.expression;
  const value = sink.type === 'rate' && sink.empty ? undefined : aggregate(sink, aggregation, elapsed / 1000);
  threshold.observed = value;
  threshold.ok = value === undefined || holds(value, operator, limit);
}
