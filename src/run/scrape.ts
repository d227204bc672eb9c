/** The target's own metrics during the load: asked for once a second, put into the series beside what the load saw. */
import type { Measurement } from '../results/measure.ts';
import type { SeriesLine } from '../results/record.ts';
import { fetchMetrics } from './probe.ts';
import { parseMetrics } from './prometheus.ts';

export interface Scraper {
  /** The lines with the server's values of their second, on those of the total. */
  attach(lines: readonly SeriesLine[]): SeriesLine[];
  /** Ends it; says why when no scrape ever succeeded, else undefined. */
  stop(): Promise<string | undefined>;
}

/** Long runs are asked less often: an hour needs no value a second. */
const pauseFor = (durationMs: number): number => (durationMs > 600_000 ? 5000 : 1000);
/** Most metrics that are kept, in the order of their names. */
const mostMetrics = 100;

/** @param measurement knows when the load began */
export function startScraper(metricsUrl: string, measurement: Measurement, durationMs: number): Scraper {
  const pauseMs = pauseFor(durationMs);
  const scrapes: { at: number; values: Record<string, number> }[] = [];
  let failure: string | undefined = 'no time to ask';
  let stopped = false;
  let wake: (() => void) | undefined;

  const loop = async (): Promise<void> => {
    while (!stopped) {
      // Wall-clock, as the seconds of the series, and like them from a clock that nobody sets.
      const at = performance.timeOrigin + performance.now();
      try {
        const all = Object.entries(parseMetrics(await fetchMetrics(metricsUrl)));
        const kept = all.sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, mostMetrics);
        if (kept.length > 0) scrapes.push({ at, values: Object.fromEntries(kept) });
        failure = kept.length === 0 ? 'the answer has no metric' : undefined;
      } catch (error) {
        // Never fatal: the load goes on, and the record says that the values are missing.
        if (scrapes.length === 0) failure = error instanceof Error ? error.message : String(error);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.max(0, pauseMs - (performance.timeOrigin + performance.now() - at)));
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (stopped) wake();
      });
    }
  };
  const ended = loop();

  return {
    attach(lines) {
      return lines.map((line) => {
        const from = (measurement.startedAt ?? Infinity) + line.t * 1000;
        if (line.endpoint !== '') return line;
        // What is older than this second will not be asked for again.
        while (scrapes[1] !== undefined && scrapes[1].at < from) scrapes.shift();
        const scrape = scrapes.find(({ at }) => at >= from && at < from + 1000);
        return scrape === undefined ? line : { ...line, server: scrape.values };
      });
    },
    async stop() {
      stopped = true;
      wake?.();
      await ended;
      return scrapes.length === 0 ? failure : undefined;
    },
  };
}
