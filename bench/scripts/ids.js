// The throughput script's work as many tests do it: an id in the address and in a header that never come back.
import exec from 'k6/execution';
import http from 'k6/http';
import { check } from 'k6';
import { Rate } from 'k6/metrics';
import { handleSummary } from './throughput.js';

const errors = new Rate('errors');
const tags = { name: 'exercises' };

export default function () {
  const id = exec.scenario.iterationInTest;
  const headers = { Authorization: 'Bearer of-some-length', 'X-Request-Id': `load-${id}` };
  const response = http.get(`${__ENV.BASE_URL}/api/exercises/${id}`, { headers, tags });
  const ok = check(response, {
    'status is 200': (r) => r.status === 200,
    'has a body': (r) => r.body.length > 2000,
  });
  errors.add(!ok);
}

export { handleSummary };
