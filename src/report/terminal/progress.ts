/** What a running load says: one calm line redrawn on a terminal, a plain line every few seconds elsewhere. */
import pc from 'picocolors';
import type { Measurement } from '../../results/measure.ts';
import { formatClock, formatCount, formatMs, formatRate, formatShare } from '../format.ts';

export interface ProgressOptions {
  readonly measurement: Measurement;
  readonly durationMs: number;
  readonly stream: NodeJS.WriteStream;
}

const redrawMs = 250;
const plainMs = 5000;
/** The rate is that of the last seconds, so that a change shows. */
const rateWindowMs = 3000;
const barWidth = 20;

/** Starts to tell; call the returned function to stop. */
export function startProgress({ measurement, durationMs, stream }: ProgressOptions): () => void {
  let startedAt: number | undefined;
  const history: { at: number; requests: number }[] = [];
  const line = (): string => {
    const now = performance.now();
    // Engines take a moment to start, and tell of a second when it is over: the first sample sets the clock.
    if (measurement.elapsedMs !== null) startedAt ??= now - measurement.elapsedMs;
    if (startedAt === undefined) return 'starting …';
    history.push({ at: now, requests: measurement.total.requests });
    while (history.length > 2 && (history[1]?.at ?? now) < now - rateWindowMs) history.shift();
    const first = history[0] ?? { at: startedAt, requests: 0 };
    const rate = (measurement.total.requests - first.requests) / Math.max(0.001, (now - first.at) / 1000);
    return describe(measurement, now - startedAt, durationMs, rate);
  };
  const bar = (): string => {
    const share = startedAt === undefined ? 0 : Math.min(1, (performance.now() - startedAt) / durationMs);
    const full = Math.round(share * barWidth);
    return pc.cyan('━'.repeat(full)) + pc.dim('─'.repeat(barWidth - full));
  };

  if (!stream.isTTY) {
    const timer = setInterval(() => stream.write(`${line()}\n`), plainMs);
    return () => clearInterval(timer);
  }
  const draw = (): void => void stream.write(`\r\u001b[2K${fit(`${bar()} ${line()}`, stream.columns)}`);
  stream.write('\u001b[?25l');
  draw();
  const timer = setInterval(draw, redrawMs);
  return () => {
    clearInterval(timer);
    stream.write('\r\u001b[2K\u001b[?25h');
  };
}

function describe(measurement: Measurement, elapsedMs: number, durationMs: number, rate: number): string {
  const { total, counted, users } = measurement;
  const share = total.requests === 0 ? 0 : total.failed / total.requests;
  const parts = [
    `${formatClock(elapsedMs)} / ${formatClock(durationMs)}`,
    `${users.now} ${users.now === 1 ? 'user' : 'users'}`,
    `${formatCount(total.requests)} requests`,
    `${formatRate(rate)} req/s`,
    `p95 ${formatMs(total.quantile(0.95))}`,
    `errors ${formatShare(share)}`,
  ];
  if (counted.dropped > 0) parts.push(`${formatCount(counted.dropped)} dropped`);
  return parts.join('  ');
}

/** Cuts a line to the terminal's width, colours not counted, so that it never wraps. */
function fit(text: string, columns: number): string {
  let visible = 0;
  let result = '';
  for (const piece of text.split(/(\u001b\[\d+m)/)) {
    if (piece.startsWith('\u001b')) result += piece;
    else {
      result += piece.slice(0, Math.max(0, columns - 1 - visible));
      visible += piece.length;
    }
  }
  return result;
}
