// A thousand starts a second, each numbered: the server tells how evenly they came.
import exec from 'k6/execution';
import http from 'k6/http';

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
};

export default function () {
  http.get(`${__ENV.BASE_URL}/?n=${exec.scenario.iterationInTest}`, { tags: { name: 'arrival' } });
}

export function handleSummary({ metrics }) {
  const report = {
    iterations: metrics.iterations.values.count,
    dropped: metrics.dropped_iterations?.values.count ?? 0,
  };
  return { stdout: `\nRESULT ${JSON.stringify(report)}\n` };
}
