// Two hundred names in turn: memory has to stay flat with many tag sets too.
import http from 'k6/http';
import { handleSummary } from './throughput.js';

export const options = {
  thresholds: Object.fromEntries(
    Array.from({ length: 200 }, (_, i) => [`http_req_duration{name:endpoint ${i}}`, ['p(95)<1000']]),
  ),
};

export default function () {
  http.get(`${__ENV.BASE_URL}/`, { tags: { name: `endpoint ${__ITER % 200}` } });
}
export { handleSummary };
