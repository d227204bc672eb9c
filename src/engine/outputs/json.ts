import type { Metric, TagSet } from '../contracts/metrics.ts';
import type { SampleBatch } from '../metrics/batch.ts';
import { parseSelector } from '../metrics/submetric.ts';
import { FileWriter } from './file-writer.ts';
import { rfc3339 } from './time.ts';
import type { Output, OutputContext } from './types.ts';

/** Text is handed to the writer in pieces of about this many characters. */
const PIECE = 1 << 18;

/** Encodes samples as k6's newline-delimited JSON: a Metric line before a metric's first Point, then Points. */
export class JsonEncoder {
  readonly #thresholds: OutputContext['thresholds'];
  readonly #heads: (string | undefined)[] = [];
  readonly #tagText = new WeakMap<TagSet, string>();

  constructor(thresholds: OutputContext['thresholds']) {
    this.#thresholds = thresholds;
  }

  /** @param write takes pieces of whole lines */
  encode(batch: SampleBatch, write: (text: string) => void): void {
    let text = '';
    let lastTags: TagSet | undefined;
    let lastText = '';
    let lastTime = NaN;
    let timeText = '';
    for (let i = 0; i < batch.length; i++) {
      const metric = batch.metrics[i] as Metric;
      const tags = batch.tags[i] as TagSet;
      let head = this.#heads[metric.id];
      if (head === undefined) {
        text += this.#metricLine(metric);
        head = `{"metric":${JSON.stringify(metric.name)},"type":"Point","data":{"time":"`;
        this.#heads[metric.id] = head;
      }
      if (tags !== lastTags) {
        lastTags = tags;
        lastText = this.#tags(tags);
      }
      // The samples of a request have one time.
      const time = batch.times[i] as number;
      if (time !== lastTime) {
        lastTime = time;
        timeText = rfc3339(time);
      }
      const value = batch.values[i] as number;
      const metadata = batch.metadata[i];
      const extra = metadata === undefined ? '}}\n' : `,"metadata":${JSON.stringify(metadata)}}}\n`;
      const number = Number.isFinite(value) ? String(value) : 'null';
      text += head + timeText + '","value":' + number + lastText + extra;
      if (text.length > PIECE) {
        write(text);
        text = '';
      }
    }
    write(text);
  }

  #tags(tags: TagSet): string {
    let text = this.#tagText.get(tags);
    if (text === undefined) {
      text = `,"tags":${JSON.stringify(Object.fromEntries(tags.entries()))}`;
      this.#tagText.set(tags, text);
    }
    return text;
  }

  #metricLine({ name, type, contains }: Metric): string {
    const thresholds = (this.#thresholds[name] ?? []).map(({ threshold }) => threshold);
    const submetrics = Object.keys(this.#thresholds).flatMap((key) => {
      const parsed = parseSelector(key);
      if (!parsed.ok || parsed.selector.metric !== name || parsed.selector.tags.length === 0) return [];
      const { selector } = parsed;
      const suffix = selector.name.slice(name.length + 1, -1);
      return [{ name: selector.name, suffix, tags: Object.fromEntries(selector.tags) }];
    });
    const data = { name, type, contains, thresholds, submetrics: submetrics.length === 0 ? null : submetrics };
    return `${JSON.stringify({ type: 'Metric', data, metric: name })}\n`;
  }
}

/** `--out json=FILE`: every sample as a line; `.gz` compresses; no file or `-` is standard output. */
export function createJsonOutput(context: OutputContext): Output {
  const path = context.argument === undefined || context.argument === '' ? '-' : context.argument;
  const writer = new FileWriter(path, context.log);
  const encoder = new JsonEncoder(context.thresholds);
  const write = (text: string): void => writer.write(text);
  return {
    description: `json (${path})`,
    metrics: undefined,
    tags: undefined,
    start: () => writer.open(),
    addSamples: (batch) => encoder.encode(batch, write),
    stop: () => writer.close(),
  };
}
