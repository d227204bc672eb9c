/** `gravl-load target` */
import { option } from '../config/options.ts';
import * as value from '../config/values.ts';
import { command } from './command.ts';

export const targetOptions = {
  port: option({
    flags: '--port <n>',
    help: 'port of the API; 0 picks a free one',
    schema: value.port,
    fallback: 3000,
    fallbackText: '3000',
  }),
  metricsPort: option({
    flags: '--metrics-port <n>',
    help: 'port of /metrics',
    schema: value.port,
    fallback: 3001,
    fallbackText: '3001',
  }),
  host: option({ flags: '--host <address>', help: 'address to listen on', schema: value.text, fallback: '127.0.0.1' }),
  latency: option({
    flags: '--latency <time>',
    help: 'median service time',
    schema: value.duration,
    fallback: 5,
    fallbackText: '5ms',
  }),
  latencySigma: option({
    flags: '--latency-sigma <n>',
    help: 'spread of the lognormal service time; 0 for a constant one',
    schema: value.nonNegative,
    fallback: 0.3,
    fallbackText: '0.3',
  }),
  errorRate: option({
    flags: '--error-rate <share>',
    help: 'share of requests answered with 500, from 0 to 1',
    schema: value.fraction,
    fallback: 0,
    fallbackText: '0',
  }),
  concurrency: option({
    flags: '--concurrency <n>',
    help: 'requests served at once, others wait in order; 0 for no limit',
    schema: value.count(0),
    fallback: 0,
    fallbackText: '0',
  }),
  slowStart: option({
    flags: '--slow-start <time>',
    help: 'service times fall from five times their size during this time',
    schema: value.duration,
    fallback: 0,
    fallbackText: '0s',
  }),
  seed: option({
    flags: '--seed <n>',
    help: 'seed of service times and errors',
    schema: value.count(0),
    fallback: 1,
    fallbackText: '1',
  }),
  json: option({ flags: '--json', help: 'print the addresses as one JSON line', schema: value.flag, fallback: false }),
};

export const targetCommand = command({
  usage: 'target',
  summary: 'serve the stand-in Gravl backend; DATABASE_URL makes it use PostgreSQL',
  options: targetOptions,
  examples: [
    ['gravl-load target', 'the API on port 3000, metrics on 3001'],
    ['gravl-load target --latency 40ms --concurrency 8', 'a backend that can do 200 requests a second'],
    ['gravl-load target --error-rate 0.05', 'one request in twenty fails'],
  ],
  async run(values, _, { env, stdout }) {
    // Listened for before the ports are open, so that a signal never finds the default behaviour.
    const ended = new Promise<void>((resolve) => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve());
    });
    // Loaded only here: the other commands need no server.
    const { startTarget } = await import('../target/server.ts');
    const target = await startTarget({
      host: values.host,
      port: values.port,
      metricsPort: values.metricsPort,
      latencyMs: values.latency,
      latencySigma: values.latencySigma,
      errorRate: values.errorRate,
      concurrency: values.concurrency,
      slowStartSeconds: values.slowStart / 1000,
      seed: values.seed,
      databaseUrl: env['DATABASE_URL'],
    });
    const { url, metricsUrl, storage } = target;
    stdout.write(
      values.json
        ? `${JSON.stringify({ url, metricsUrl, storage })}\n`
        : `Gravl stand-in (${storage}) on ${url}, metrics on ${metricsUrl}/metrics. Ctrl-C ends it.\n`,
    );
    await ended;
    await target.close();
    return 0;
  },
});
