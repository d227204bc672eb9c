/** The REST API of the built command, from a paused test to its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../e2e/harness.ts';

const bin = path.resolve(import.meta.dirname, '../../../bin/gravl-k6.js');
const SCRIPT = `
  import { check, group, sleep } from 'k6';
  export const options = { vus: 2, duration: '10m', thresholds: { checks: ['rate>0.9'] } };
  export function teardown(data) { console.log('torn down with', data.token); }
  export function setup() { return { token: 7 }; }
  export default function () { group('outer', () => group('inner', () => check(1, { never: () => false }))); sleep(0.05); }
`;

interface Status {
  readonly data: { readonly attributes: Readonly<Record<string, unknown>> };
}

let folder: string;
let base: string;
let child: ChildProcess;
let stderr: string;

/** Runs the script paused, with more flags, and an address for the API. */
async function start(script: string, ...flags: readonly string[]): Promise<void> {
  await writeFile(path.join(folder, 'script.js'), script);
  const address = `127.0.0.1:${await freePort()}`;
  base = `http://${address}`;
  stderr = '';
  const args = [
    'run',
    '--quiet',
    '--paused',
    '--summary-mode',
    'disabled',
    ...flags,
    '--address',
    address,
    'script.js',
  ];
  child = spawn(process.execPath, [bin, ...args], { cwd: folder });
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'gravl-k6-api-'));
});

afterEach(async () => {
  child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const call = (route: string, init: RequestInit = {}): Promise<Response> => fetch(base + route, init);
const json = async (route: string): Promise<unknown> => (await call(route)).json();
const patch = (attributes: object): Promise<Response> =>
  call('/v1/status', {
    method: 'PATCH',
    body: JSON.stringify({ data: { type: 'status', id: 'default', attributes } }),
  });

/** Asks until the status is as wanted; at most for five minutes. */
async function untilStatus(wanted: object): Promise<Status['data']['attributes']> {
  for (let left = 6000; left > 0; left--) {
    const status = (await json('/v1/status').catch(() => undefined)) as Status | undefined;
    const attributes = status?.data.attributes;
    if (attributes && Object.entries(wanted).every(([key, value]) => attributes[key] === value)) return attributes;
    await pause(50);
  }
  throw new Error(`never became ${JSON.stringify(wanted)}: ${stderr}`);
}

describe('the REST API', () => {
  it('shows a test from its pause to its stop, in the shapes of k6', async () => {
    await start(SCRIPT);
    expect(await untilStatus({ status: 4 })).toEqual({
      ...{ status: 4, paused: true, vus: 0, 'vus-max': 2, stopped: false, running: false, tainted: false },
    });
    expect((await patch({ paused: false })).status).toBe(200);
    await untilStatus({ status: 7, running: true, vus: 2, tainted: true });

    expect(await json('/v1/setup')).toEqual({
      data: { type: 'setupData', id: 'default', attributes: { data: { token: 7 } } },
    });
    const { data: metrics } = (await json('/v1/metrics')) as { data: { id: string }[] };
    expect(metrics.find(({ id }) => id === 'checks')).toEqual({
      type: 'metrics',
      id: 'checks',
      attributes: { type: 'rate', contains: 'default', tainted: true, sample: { rate: 0 } },
    });
    expect(await json('/v1/metrics/iterations')).toMatchObject({
      data: { id: 'iterations', attributes: { tainted: null, sample: { count: expect.any(Number) as number } } },
    });
    const { data: groups } = (await json('/v1/groups')) as {
      data: { id: string; attributes: { path: string }; relationships: { parent: { data: { id: string } | null } } }[];
    };
    expect(groups.map(({ attributes }) => attributes.path)).toEqual(['', '::outer', '::outer::inner']);
    expect(groups[0]?.relationships.parent.data).toBeNull();
    expect(groups[2]?.relationships.parent.data?.id).toBe(groups[1]?.id);
    // The checks in it count on between two answers.
    expect(await json(`/v1/groups/${groups[2]?.id ?? ''}`)).toMatchObject({
      data: { id: groups[2]?.id, attributes: { path: '::outer::inner' }, relationships: groups[2]?.relationships },
    });

    expect((await call('/v1/metrics/none')).status).toBe(404);
    expect((await patch({ vus: 5 })).status).toBe(400);
    expect((await patch({ paused: true })).status).toBe(400);
    expect(await (await call('/v1/setup', { method: 'PUT', body: '{"b":2}' })).json()).toEqual({
      data: { type: 'setupData', id: 'default', attributes: { data: { b: 2 } } },
    });
    expect((await call('/v1/setup', { method: 'PUT', body: '{' })).status).toBe(400);
    const again = (await (await call('/v1/setup', { method: 'POST' })).json()) as { data: { attributes: object } };
    expect(again.data.attributes).toEqual({ data: { token: 7 } });
    const torn = await call('/v1/teardown', { method: 'POST' });
    expect([torn.status, await torn.text()]).toEqual([200, '']);
    // It comes another way than the answer, so it may be later.
    await expect.poll(() => stderr).toContain('torn down with 7');
    expect((await call('/v1/status', { method: 'PATCH', body: '{' })).status).toBe(400);

    const stopped = (await (await patch({ stopped: true })).json()) as Status;
    expect(stopped.data.attributes['stopped']).toBe(true);
    const [code] = (await once(child, 'close')) as [number];
    expect(code).toBe(103);
    expect(stderr).toContain('test run stopped from REST API');
  });

  it('gives a paused test its setup data, and answers on when the test lingers', async () => {
    await start(
      `export const options = { vus: 2, iterations: 4 };
       export function setup() { console.log('set up'); return { from: 'setup' }; }
       export default function (data) { console.log('run with', JSON.stringify(data)); }
       export function teardown(data) { console.log('torn down with', JSON.stringify(data)); }`,
      '--no-setup',
      '--linger',
    );
    await untilStatus({ status: 4 });
    const data = { from: 'the API' };
    const put = await call('/v1/setup', { method: 'PUT', body: JSON.stringify(data) });
    expect(await put.json()).toMatchObject({ data: { attributes: { data } } });
    await patch({ paused: false });
    expect(await untilStatus({ status: 9 })).toMatchObject({ running: false, stopped: false });
    const said = (what: string): number => stderr.split(what).length - 1;
    await expect.poll(() => stderr).toContain('--linger was set');
    expect([said('set up'), said('run with {\\"from\\":\\"the API\\"}'), said('torn down with {\\"from')]).toEqual([
      0, 4, 1,
    ]);
    expect(await json('/v1/metrics/iterations')).toMatchObject({ data: { attributes: { sample: { count: 4 } } } });
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([0, null]);
  });
});
