/** http-instrumentation-pyroscope of jslib.k6.io, by its public documentation: requests with a baggage header. */
import exec from 'k6/execution';
import { instrument, InstrumentedRequests, type Instrument } from '../instrumented.ts';

const baggage: Instrument = ({ url, name }) => {
  const pairs: [string, string][] = [
    ['k6.test_run_id', __ENV['K6_CLOUDRUN_TEST_RUN_ID'] ?? ''],
    ['k6.scenario', exec.scenario.name],
    ['k6.name', name ?? url],
  ];
  const given = pairs.filter(([, value]) => value !== '');
  return { headers: { Baggage: given.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join(', ') } };
};

/** Requests with a baggage header, apart from those of k6/http. */
export class Client extends InstrumentedRequests {
  constructor() {
    super(baggage);
  }
}

/** From now on, every request of k6/http has a baggage header. */
export function instrumentHTTP(): void {
  instrument(baggage);
}

export default { Client, instrumentHTTP };
