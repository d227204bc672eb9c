/** Runs the requests of a batch: at most so many at once, at most so many to one host. */
import type { Outcome } from '../contracts/host.ts';
import type { HttpClient } from './client.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeResult, RequestSpec } from './types.ts';

interface Waiting {
  readonly index: number;
  readonly spec: RequestSpec;
  readonly host: string;
}

/** The limits come from the options; 0 means none. `done` is called from the event loop. */
export function runBatch(
  client: HttpClient,
  specs: readonly RequestSpec[],
  done: (outcome: Outcome<readonly ExchangeResult[]>) => void,
): void {
  const { options } = client;
  const limit = options.batch > 0 ? options.batch : Infinity;
  const hostLimit = options.batchPerHost > 0 ? options.batchPerHost : Infinity;
  const results: ExchangeResult[] = Array.from({ length: specs.length });
  const perHost = new Map<string, number>();
  const waiting: Waiting[] = [];
  // By index: the array is the script's, and may have methods of the script's.
  for (let index = 0; index < specs.length; index++) {
    const spec = specs[index];
    if (spec !== undefined) waiting.push({ index, spec, host: hostOf(spec.url) });
  }
  let running = 0;
  let left = waiting.length;
  if (left === 0) {
    queueMicrotask(() => done({ ok: true, value: [] }));
    return;
  }
  const launch = (): void => {
    while (running < limit) {
      const next = waiting.findIndex(({ host }) => (perHost.get(host) ?? 0) < hostLimit);
      const [item] = next < 0 ? [] : waiting.splice(next, 1);
      if (item === undefined) return;
      const { index, spec, host } = item;
      running++;
      perHost.set(host, (perHost.get(host) ?? 0) + 1);
      new Exchange(client, spec, (outcome) => {
        running--;
        perHost.set(host, (perHost.get(host) ?? 1) - 1);
        if (outcome.ok) results[index] = outcome.value;
        if (--left === 0) done({ ok: true, value: results });
        else launch();
      }).start();
    }
  };
  launch();
}

/** The authority of a URL, good enough to count by. */
function hostOf(url: string): string {
  const start = url.indexOf('://') + 3;
  const end = url.slice(start).search(/[/?#]/);
  return end < 0 ? url.slice(start) : url.slice(start, start + end);
}
