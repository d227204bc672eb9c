/** http-instrumentation-tempo of jslib.k6.io, by its public documentation: requests with a trace context. */
import exec from 'k6/execution';
import { instrument, InstrumentedRequests, type Instrument } from '../instrumented.ts';

export interface Options {
  propagator?: 'w3c' | 'jaeger';
  /** Share of the requests that is marked as sampled, from 0 to 1. */
  sampling?: number;
}

const hex = (digits: number): string =>
  Array.from({ length: digits }, () => Math.floor(Math.random() * 16).toString(16)).join('');

/** 32 digits: the mark of k6, the time in milliseconds, then chance. */
function traceId(): string {
  const time = Date.now().toString(16);
  return `dc0742${time}${hex(26 - time.length)}`;
}

const PROPAGATORS: Readonly<Record<string, (id: string, sampled: boolean) => Record<string, string>>> = {
  w3c: (id, sampled) => ({ traceparent: `00-${id}-${hex(16)}-0${sampled ? 1 : 0}` }),
  jaeger: (id, sampled) => ({ 'uber-trace-id': `${id}:${hex(8)}:0:${sampled ? 1 : 0}` }),
};

function tracer({ propagator = 'w3c', sampling = 1 }: Options = {}): Instrument {
  const headersOf = PROPAGATORS[propagator];
  if (!headersOf) throw new Error(`unknown propagator: ${propagator}`);
  if (!(sampling >= 0 && sampling <= 1)) throw new Error('sampling must be a number from 0 to 1');
  return () => {
    const id = traceId();
    const { metadata } = exec.vu.metrics;
    metadata['trace_id'] = id;
    return {
      headers: headersOf(id, Math.random() < sampling),
      done: () => {
        delete metadata['trace_id'];
      },
    };
  };
}

/** Requests with a trace context, apart from those of k6/http. */
export class Client extends InstrumentedRequests {
  constructor(options?: Options) {
    super(tracer(options));
  }
}

/** From now on, every request of k6/http has a trace context. */
export function instrumentHTTP(options?: Options): void {
  instrument(tracer(options));
}

export default { Client, instrumentHTTP };
