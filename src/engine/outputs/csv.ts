import type { Metric, TagSet } from '../contracts/metrics.ts';
import type { Metadata, SampleBatch } from '../metrics/batch.ts';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import { FileWriter } from './file-writer.ts';
import { rfc3339 } from './time.ts';
import type { Output, OutputContext } from './types.ts';

const TIME_FORMATS: Readonly<Record<string, (ms: number) => string>> = {
  unix: (ms) => String(Math.floor(ms / 1000)),
  unix_milli: (ms) => String(Math.floor(ms)),
  unix_micro: (ms) => String(Math.round(ms * 1000)),
  unix_nano: (ms) => String(BigInt(Math.round(ms * 1000)) * 1000n),
  rfc3339: (ms) => rfc3339(Math.floor(ms / 1000) * 1000),
  rfc3339_nano: rfc3339,
};

/** What may follow `csv=`, separated by commas. */
export const CSV_OPTIONS: readonly string[] = ['fileName', 'timeFormat', 'saveInterval'];

/** System tags that are metadata, not columns. */
const METADATA_TAGS: readonly string[] = ['iter', 'vu'];

interface CsvSettings {
  readonly fileName: string;
  readonly timeFormat: string;
}

function settings({ argument, env }: OutputContext): CsvSettings {
  let fileName = env['K6_CSV_FILENAME'] ?? 'file.csv';
  let timeFormat = env['K6_CSV_TIME_FORMAT'] ?? 'unix';
  const parts = argument === undefined || argument === '' ? [] : argument.split(',');
  for (const part of parts) {
    const equals = part.indexOf('=');
    const key = equals === -1 ? '' : part.slice(0, equals);
    const value = part.slice(equals + 1);
    if (equals === -1 || key === 'fileName') fileName = value;
    else if (key === 'timeFormat') timeFormat = value;
    else if (!CSV_OPTIONS.includes(key)) throw invalid(`unknown CSV option '${key}'; known: ${CSV_OPTIONS.join(', ')}`);
  }
  if (!Object.hasOwn(TIME_FORMATS, timeFormat)) {
    throw invalid(`unknown CSV time format '${timeFormat}'; known: ${Object.keys(TIME_FORMATS).join(', ')}`);
  }
  return { fileName, timeFormat };
}

function invalid(message: string): EngineError {
  return new EngineError(message, ExitCode.invalidConfig);
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) || text.startsWith(' ') ? `"${text.replaceAll('"', '""')}"` : text;
}

function pairs(entries: readonly (readonly [string, string])[]): string {
  return cell(entries.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&'));
}

/** Encodes samples as k6's CSV: a column per system tag, all other tags together in `extra_tags`. */
export class CsvEncoder {
  readonly #columns: readonly string[];
  readonly #time: (ms: number) => string;
  readonly #tagText = new WeakMap<TagSet, string>();

  constructor(systemTags: readonly string[], timeFormat: string) {
    this.#columns = systemTags.filter((tag) => !METADATA_TAGS.includes(tag)).sort();
    this.#time = TIME_FORMATS[timeFormat] ?? rfc3339;
  }

  header(): string {
    return `${['metric_name', 'timestamp', 'metric_value', ...this.#columns, 'extra_tags', 'metadata'].join(',')}\n`;
  }

  encode(batch: SampleBatch): string {
    let text = '';
    for (let i = 0; i < batch.length; i++) {
      const metric = batch.metrics[i] as Metric;
      const time = this.#time(batch.times[i] as number);
      const value = (batch.values[i] as number).toFixed(6);
      const metadata = batch.metadata[i];
      text += `${metric.name},${time},${value},${this.#tags(batch.tags[i] as TagSet)},${metadataCell(metadata)}\n`;
    }
    return text;
  }

  #tags(tags: TagSet): string {
    let text = this.#tagText.get(tags);
    if (text === undefined) {
      const columns = this.#columns.map((key) => cell(tags.get(key) ?? ''));
      const rest = tags.entries().filter(([key]) => !this.#columns.includes(key));
      text = [...columns, pairs(rest)].join(',');
      this.#tagText.set(tags, text);
    }
    return text;
  }
}

function metadataCell(metadata: Metadata | undefined): string {
  return metadata === undefined ? '' : pairs(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `--out csv=FILE` or `csv=fileName=FILE,timeFormat=…`; `.gz` compresses, `-` is standard output. */
export function createCsvOutput(context: OutputContext): Output {
  const { fileName, timeFormat } = settings(context);
  const writer = new FileWriter(fileName, context.log);
  const encoder = new CsvEncoder(context.systemTags, timeFormat);
  return {
    description: `csv (${fileName})`,
    metrics: undefined,
    tags: undefined,
    async start() {
      await writer.open();
      writer.write(encoder.header());
    },
    addSamples: (batch) => writer.write(encoder.encode(batch)),
    stop: () => writer.close(),
  };
}
