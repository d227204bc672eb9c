import type { Outcome } from '../contracts/host.ts';
import type { Metric, MetricType, ValueKind } from '../contracts/metrics.ts';
import type { BuiltinMetricName } from './builtin.ts';
import { BUILTIN_METRICS } from './builtin.ts';

/** The first character, then 1 to 128 more: what k6 accepts. */
const METRIC_NAME = /^[A-Za-z_][A-Za-z0-9_]{1,128}$/;

function refuse(message: string): Outcome<Metric> {
  return { ok: false, name: 'Error', message };
}

/** The metrics of one thread, by name and by id. Built-in ones are there from the start. */
export class MetricRegistry {
  readonly #byName = new Map<string, Metric>();
  readonly #byId: Metric[] = [];

  constructor() {
    for (const [name, type, contains] of BUILTIN_METRICS) this.#create(name, type, contains);
  }

  get size(): number {
    return this.#byId.length;
  }

  /** Finds the metric or makes it; not ok for an invalid name and for one that is taken with another type. */
  register(name: string, type: MetricType, contains: ValueKind): Outcome<Metric> {
    const known = this.#byName.get(name);
    if (known === undefined) {
      if (!METRIC_NAME.test(name)) {
        return refuse(
          `Invalid metric name: '${name}'; a name starts with an ASCII letter or underscore, ` +
            'goes on with letters, digits or underscores, and has 2 to 129 characters',
        );
      }
      return { ok: true, value: this.#create(name, type, contains) };
    }
    if (known.type !== type) {
      return refuse(`metric '${name}' already exists but with type ${known.type}, instead of ${type}`);
    }
    if (known.contains !== contains) {
      return refuse(`metric '${name}' already exists but with a value type ${known.contains}, instead of ${contains}`);
    }
    return { ok: true, value: known };
  }

  get(name: string): Metric | undefined {
    return this.#byName.get(name);
  }

  builtin(name: BuiltinMetricName): Metric {
    return this.#byName.get(name) as Metric;
  }

  byId(id: number): Metric | undefined {
    return this.#byId[id];
  }

  all(): readonly Metric[] {
    return this.#byId;
  }

  #create(name: string, type: MetricType, contains: ValueKind): Metric {
    const metric: Metric = { id: this.#byId.length, name, type, contains };
    this.#byId.push(metric);
    this.#byName.set(name, metric);
    return metric;
  }
}
