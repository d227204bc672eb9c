import { post } from '../post.ts';
import { Pusher } from '../pusher.ts';
import { SeriesTable } from '../series-table.ts';
import type { Output, OutputContext } from '../types.ts';
import { remoteWriteConfig } from './config.ts';
import type { PromSeries } from './map.ts';
import { promSeries, STALE } from './map.ts';

/** Series per request: keeps requests below the usual limits of receivers. */
const MAX_SERIES = 5000;

/** `--out experimental-prometheus-rw`: what changed since the last push, aggregated over the run, every few seconds. */
export function createRemoteWriteOutput(context: OutputContext): Output {
  const config = remoteWriteConfig(context);
  const table = new SeriesTable();
  const send = async (series: readonly PromSeries[]): Promise<void> => {
    // Loaded when used: the libraries take longer to load than the engine's own outputs together.
    const { encodeWriteRequest } = await import('./encode.ts');
    for (let at = 0; at < series.length; at += MAX_SERIES) {
      await post(config.target, encodeWriteRequest(series.slice(at, at + MAX_SERIES)));
    }
  };
  const push = async (): Promise<void> => {
    const fresh = table.all().filter((series) => series.fresh);
    const now = Math.round(context.now());
    const encoded = fresh.flatMap((series) => promSeries(series, config, now));
    for (const series of fresh) series.fresh = false;
    try {
      await send(encoded);
    } catch (error) {
      // Values are totals, so the next push makes up for this one.
      for (const series of fresh) series.fresh = true;
      throw error;
    }
  };
  const pusher = new Pusher('experimental-prometheus-rw', config.pushIntervalMs, push, context.log);
  return {
    description: `Prometheus remote write (${config.target.url.origin}${config.target.url.pathname})`,
    metrics: undefined,
    tags: undefined,
    start() {
      pusher.start();
      return Promise.resolve();
    },
    addSamples: (batch) => table.add(batch),
    async stop() {
      await pusher.stop();
      if (table.dropped > 0) {
        context.log(
          'warning',
          `experimental-prometheus-rw: ${table.dropped} samples had too many different tags to be sent`,
        );
      }
      if (!config.staleMarkers) return;
      const now = Math.round(context.now()) + 1;
      const all = table.all().flatMap((series) => promSeries(series, config, now));
      await send(all.map((series) => ({ ...series, value: STALE })));
    },
  };
}
