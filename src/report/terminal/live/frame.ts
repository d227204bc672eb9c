/** One picture of a running load, as lines; the most important ones first, for terminals that are not tall. */
import pc from 'picocolors';
import type { Measurement } from '../../../results/measure.ts';
import { formatClock, formatCount, formatMs, formatRate, formatShare } from '../../format.ts';
import { isStrained, limitStates, type LimitState } from './limits.ts';
import { sparkline } from './sparkline.ts';

export interface FrameInput {
  readonly measurement: Measurement;
  readonly thresholds: Readonly<Record<string, readonly string[]>>;
  /** Undefined before the first sample. */
  readonly elapsedMs: number | undefined;
  readonly durationMs: number;
  /** Requests a second, now. */
  readonly rate: number;
  readonly columns: number;
}

const mostEndpoints = 8;
const mostCrossed = 4;

export function renderFrame(input: FrameInput): string[] {
  const { measurement, elapsedMs } = input;
  if (elapsedMs === undefined) return [pc.dim('starting …')];
  const { total, counted, users } = measurement;
  const share = total.requests === 0 ? 0 : total.failed / total.requests;
  const figures = [
    `${users.now} ${users.now === 1 ? 'user' : 'users'}`,
    `${formatCount(total.requests)} requests`,
    ...(share > 0 ? [pc.red(`${formatShare(share)} errors`)] : ['no errors']),
    ...(counted.dropped > 0 ? [pc.yellow(`${formatCount(counted.dropped)} dropped`)] : []),
    `${formatCount(counted.iterations)} iterations`,
  ];
  return [
    progressLine(input, elapsedMs),
    figures.join(pc.dim('  ·  ')),
    ...seriesLines(input),
    ...limitLines(limitStates(input.thresholds, measurement)),
    healthLine(measurement),
    ...endpointLines(input),
  ];
}

function progressLine({ durationMs, columns }: FrameInput, elapsedMs: number): string {
  const width = Math.max(10, Math.min(40, columns - 20));
  const full = Math.round(Math.min(1, elapsedMs / Math.max(1, durationMs)) * width);
  return `${pc.cyan('━'.repeat(full))}${pc.dim('─'.repeat(width - full))} ${formatClock(elapsedMs)} / ${formatClock(durationMs)}`;
}

function seriesLines({ measurement, rate, columns }: FrameInput): string[] {
  const { recent, total } = measurement;
  const width = Math.max(10, Math.min(60, columns - 24));
  const line = (name: string, values: readonly (number | null)[], now: string): string =>
    `${pc.dim(name.padEnd(7))} ${pc.cyan(sparkline(values, width))} ${now}`;
  const errors = recent.map(({ requests, failed }) => (requests === 0 ? null : failed / requests));
  return [
    line(
      'req/s',
      recent.map(({ requests }) => requests),
      formatRate(rate),
    ),
    ...(['p50', 'p95', 'p99'] as const).map((key) =>
      line(
        key,
        recent.map((second) => second[key]),
        formatMs(total.quantile(Number(key.slice(1)) / 100)),
      ),
    ),
    ...(total.failed > 0 ? [line('errors', errors, formatShare(total.failed / total.requests))] : []),
  ];
}

function limitLines(states: readonly LimitState[]): string[] {
  const crossed = states.filter(({ ok }) => ok === false);
  const held = states.filter(({ ok }) => ok === true).length;
  const open = states.length - held - crossed.length;
  if (states.length === 0) return [];
  const summary = [
    ...(crossed.length > 0 ? [pc.red(`✗ ${crossed.length} crossed`)] : []),
    ...(held > 0 ? [pc.green(`✓ ${held} held`)] : []),
    ...(open > 0 ? [pc.dim(`${open} open`)] : []),
  ].join('  ');
  return [
    `${pc.dim('limits'.padEnd(7))} ${summary}`,
    ...crossed
      .slice(0, mostCrossed)
      .map(({ metric, expression, observed }) => `        ${pc.red('✗')} ${metric}  ${expression}  now ${observed}`),
  ];
}

function healthLine({ health }: Measurement): string {
  const name = pc.dim('engine '.padEnd(8));
  if (health === undefined) return `${name}${pc.dim('does not tell of itself')}`;
  const { lagP99, cpu } = health;
  const text = `${cpu === null ? '' : `CPU ${formatShare(cpu)}, `}event-loop lag ${formatMs(lagP99)}`;
  return `${name}${isStrained(health) ? pc.yellow(`${text}: the generator is at its limit`) : text}`;
}

function endpointLines({ measurement: { endpoints }, columns }: FrameInput): string[] {
  const rows = [...endpoints].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, mostEndpoints);
  if (rows.length < 2) return [];
  // Beside it stand the number of requests and p95.
  const width = Math.max(8, Math.min(28, columns - 28, Math.max(...rows.map(([name]) => name.length))));
  const hidden = endpoints.size - rows.length;
  return [
    '',
    ...rows.map(([name, tally]) => {
      const share = tally.requests === 0 ? 0 : tally.failed / tally.requests;
      const cells = [
        clean(name).slice(0, width).padEnd(width),
        formatCount(tally.requests).padStart(9),
        `p95 ${formatMs(tally.quantile(0.95))}`.padStart(13),
        share === 0 ? '' : pc.red(`${formatShare(share)} errors`),
      ];
      return cells.join('  ').trimEnd();
    }),
    ...(hidden > 0 ? [pc.dim(`and ${hidden} more`)] : []),
  ];
}

/** A name may hold what a terminal obeys. */
const clean = (name: string): string => name.replace(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
