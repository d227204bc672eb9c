// What the engine reads beyond the server's own time.
import http from 'k6/http';
import { Trend } from 'k6/metrics';

const extra = new Trend('extra', true);

export const options = {
  scenarios: {
    load: {
      executor: 'constant-arrival-rate',
      rate: 1000,
      timeUnit: '1s',
      duration: `${__ENV.SECONDS}s`,
      preAllocatedVUs: 50,
    },
  },
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

export default function () {
  const response = http.get(__ENV.BASE_URL, { tags: { name: 'slow' } });
  extra.add(response.timings.duration - Number(response.headers['X-Server-Ms']));
}

export function handleSummary(data) {
  return {
    stdout: `\nRESULT ${JSON.stringify({ extra: data.metrics.extra.values, count: data.metrics.http_reqs.values.count })}\n`,
  };
}
