import http from 'k6/http';
import { check } from 'k6';
import { Rate } from 'k6/metrics';

const errors = new Rate('errors');
const params = { tags: { name: 'exercises' } };

export const options = { discardResponseBodies: false };

export default function () {
  const response = http.get(`${__ENV.BASE_URL}/api/exercises`, params);
  const ok = check(response, {
    'status is 200': (r) => r.status === 200,
    'has a body': (r) => r.body.length > 2000,
  });
  errors.add(!ok);
}

export function handleSummary(data) {
  const { http_reqs, http_req_failed, http_req_duration } = data.metrics;
  const report = {
    rate: http_reqs.values.rate,
    count: http_reqs.values.count,
    failed: http_req_failed.values.rate,
    duration: http_req_duration.values,
  };
  return { stdout: `\nRESULT ${JSON.stringify(report)}\n` };
}
