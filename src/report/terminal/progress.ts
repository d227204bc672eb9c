/** What a running load says: a calm picture redrawn on a terminal, a plain line every few seconds elsewhere. */
import type { Measurement } from '../../results/measure.ts';
import { formatClock, formatCount, formatMs, formatRate, formatShare } from '../format.ts';
import { Pace } from '../pace.ts';
import { renderFrame } from './live/frame.ts';
import { LiveScreen } from './live/screen.ts';

export interface ProgressOptions {
  readonly measurement: Measurement;
  readonly durationMs: number;
  /** Metric → its limits. */
  readonly thresholds: Readonly<Record<string, readonly string[]>>;
  readonly stream: NodeJS.WriteStream;
}

const redrawMs = 250;
const plainMs = 5000;

/** Starts to tell; call the returned function to stop. */
export function startProgress({ measurement, durationMs, thresholds, stream }: ProgressOptions): () => void {
  const pace = new Pace(measurement);
  if (!stream.isTTY) {
    const timer = setInterval(() => {
      const { elapsedMs, rate } = pace.read();
      stream.write(`${elapsedMs === undefined ? 'starting …' : describe(measurement, elapsedMs, durationMs, rate)}\n`);
    }, plainMs);
    return () => clearInterval(timer);
  }
  const screen = new LiveScreen(stream);
  const draw = (): void => {
    screen.draw(renderFrame({ measurement, thresholds, durationMs, columns: stream.columns || 80, ...pace.read() }));
  };
  draw();
  const timer = setInterval(draw, redrawMs);
  stream.on('resize', draw);
  return () => {
    clearInterval(timer);
    stream.off('resize', draw);
    screen.clear();
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
