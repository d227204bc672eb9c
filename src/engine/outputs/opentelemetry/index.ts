import { Pusher } from '../pusher.ts';
import { SeriesTable } from '../series-table.ts';
import type { Output, OutputContext } from '../types.ts';
import { otelConfig } from './config.ts';
import type { OtlpExport } from './encode.ts';
import type { Exporter } from './export.ts';
import { createExporter } from './export.ts';
import { otlpMetrics } from './map.ts';

/** `--out opentelemetry`: all time series as running totals, every few seconds, over gRPC or HTTP. */
export function createOpenTelemetryOutput(context: OutputContext): Output {
  const config = otelConfig(context);
  const table = new SeriesTable();
  let exporter: Exporter | undefined;
  let encode: ((data: OtlpExport) => Uint8Array) | undefined;
  let start = 0;
  const push = async (): Promise<void> => {
    const all = table.all();
    if (all.length === 0 || encode === undefined || exporter === undefined) return;
    const body = encode({
      resource: [
        ['service.name', config.serviceName],
        ['service.version', config.serviceVersion],
      ],
      scope: 'k6',
      version: context.version,
      metrics: otlpMetrics(all, config.metricPrefix, config.singleCounterForRate),
      start,
      time: context.now(),
    });
    await exporter.send(body);
  };
  const pusher = new Pusher('opentelemetry', config.exportIntervalMs, push, context.log);
  const target = config.exporter.protocol === 'http' ? config.exporter.url.href : config.exporter.endpoint;
  return {
    description: `opentelemetry (${config.exporter.protocol}, ${target})`,
    metrics: undefined,
    tags: undefined,
    async start() {
      // Loaded when used: the library takes longer to load than the engine's own outputs together.
      encode = (await import('./encode.ts')).encodeExport;
      exporter = await createExporter(config);
      start = context.now();
      pusher.start();
    },
    addSamples: (batch) => table.add(batch),
    async stop() {
      await pusher.stop();
      exporter?.close();
      if (table.dropped > 0) {
        context.log('warning', `opentelemetry: ${table.dropped} samples had too many different tags to be sent`);
      }
    },
  };
}
