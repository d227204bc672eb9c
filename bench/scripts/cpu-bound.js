// A script whose own work is the cost, with few requests: shows how threads scale when the server is not the limit.
import http from 'k6/http';
import { check } from 'k6';

export default function () {
  let text = '';
  for (let i = 0; i < 400; i++) text = JSON.stringify({ i, list: [i, i + 1, text.length] });
  if (__ITER % 500 === 0) http.get(__ENV.BASE_URL, { tags: { name: 'rare' } });
  check(text, { 'is text': (t) => t.length > 10 });
}

export function handleSummary(data) {
  return { stdout: `\nRESULT ${JSON.stringify({ iterations: data.metrics.iterations.values.rate })}\n` };
}
