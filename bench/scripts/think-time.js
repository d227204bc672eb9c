// Many users who mostly wait: one request, then a second of thinking.
import http from 'k6/http';
import { sleep } from 'k6';
import { handleSummary } from './throughput.js';

export default function () {
  http.get(`${__ENV.BASE_URL}/api/exercises`, { tags: { name: 'exercises' } });
  sleep(1);
}
export { handleSummary };
