import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openCluster } from '../../../src/cluster/client.ts';
import { podLog } from '../../../src/runners/operator/pods.ts';
import { temporaryFolder } from '../../e2e/harness.ts';

const lines = [
  '2026-11-25T10:00:00.100000000Z one',
  '2026-11-25T10:00:00.200000000Z two',
  '2026-11-25T10:00:00.200000000Z three',
  '2026-11-25T10:00:00.200000000Z four',
  '2026-11-25T10:00:01.000000000Z five',
];

it('a log whose connection breaks is read on where it stopped, no line twice and none lost', async () => {
  const asked: (string | null)[] = [];
  const server = createServer((request, response) => {
    const since = new URL(request.url ?? '', 'http://api').searchParams.get('sinceTime');
    asked.push(since);
    response.writeHead(200);
    const rest = lines.filter((line) => since === null || line >= since.slice(0, 19));
    if (asked.length === 3) {
      response.end(`${rest.join('\n')}\n`);
      return;
    }
    // Cut off in the middle of several lines of the same moment.
    response.write(`${rest.slice(0, 3).join('\n')}\n`, () => setTimeout(() => response.destroy(), 50));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const file = path.join(temporaryFolder(), 'kubeconfig');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeFileSync(
    file,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: address } }],
      users: [{ name: 'u', user: {} }],
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    }),
  );
  const pod = { name: 'p', container: 'k6', started: true, ended: false, exitCode: null, trouble: undefined };
  const read: string[] = [];
  const log = podLog(openCluster('c', file), 'n', pod, new AbortController().signal, () => Promise.resolve(true));
  for await (const line of log) read.push(line);
  expect(read).toEqual(['one', 'two', 'three', 'four', 'five']);
  expect(asked).toEqual([null, '2026-11-25T10:00:00Z', '2026-11-25T10:00:00Z']);
});
