/** Which of a target's own metrics a report draws, and how: a target tells of dozens, a reader asks for a few. */
import type { Chart, Values } from './types.ts';

interface Drawn {
  readonly title: string;
  readonly unit: Chart['unit'];
  readonly of: (values: Values, step: number) => Values;
}

const asIs = (values: Values): Values => values;
const inMs = (values: Values): Values => values.map((seconds) => (seconds === null ? null : 1000 * seconds));

/** What a counter rises by a second; a fall is a restart. */
const perSecond = (values: Values, step: number): Values =>
  values.map((value, index) => {
    const before = values[index - 1] ?? null;
    return value === null || before === null || value < before ? null : (value - before) / step;
  });

/** Those that most Prometheus clients give, and the stand-in's; in the order in which they are drawn. */
const known: Readonly<Record<string, Drawn>> = {
  process_cpu_seconds_total: { title: 'CPU of the server, in cores', unit: 'count', of: perSecond },
  process_resident_memory_bytes: { title: 'Memory of the server', unit: 'bytes', of: asIs },
  nodejs_eventloop_lag_p99_seconds: { title: 'Event-loop lag of the server, p99', unit: 'ms', of: inMs },
  gravl_requests_in_flight: { title: 'Requests in flight', unit: 'count', of: asIs },
  gravl_requests_queued: { title: 'Requests queued', unit: 'count', of: asIs },
};

/** Of runtimes and processes there are too many, and what only ever rises or never changes shows nothing. */
const skipped = /^(process|nodejs|go|jvm|python|dotnet|ruby)_|_(total|count|sum|bucket|info|created)$|^up$/;
const mostOthers = 8;

/** Takes names as they come in, and says which are worth their values. */
export class ServerMetricChoice {
  readonly #wanted: ReadonlySet<string>;
  readonly #others = new Set<string>();

  /** @param wanted those that limits are set on */
  constructor(wanted: readonly string[]) {
    this.#wanted = new Set(wanted);
  }

  takes(name: string): boolean {
    if (name in known || this.#wanted.has(name) || this.#others.has(name)) return true;
    if (skipped.test(name) || this.#others.size >= mostOthers) return false;
    this.#others.add(name);
    return true;
  }
}

export interface ServerMetric {
  /** As the target calls it. */
  readonly name: string;
  readonly title: string;
  readonly unit: Chart['unit'];
  readonly values: Values;
}

/** @param step seconds a point stands for */
export function serverMetrics(series: Readonly<Record<string, Values>>, step: number): ServerMetric[] {
  const order = Object.keys(known);
  const rank = (name: string): number => (name in known ? order.indexOf(name) : order.length);
  return Object.entries(series)
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([name, values]) => {
      const { title, unit, of } = known[name] ?? {
        title: name.slice(0, 80),
        unit: name.endsWith('_bytes') ? 'bytes' : 'count',
        of: asIs,
      };
      return { name, title, unit, values: of(values, step) };
    });
}
