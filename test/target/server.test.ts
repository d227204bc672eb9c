import { createServer } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { startTarget, type RunningTarget, type TargetOptions } from '../../src/target/server.ts';

const running: RunningTarget[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((target) => target.close()));
});

async function start(options: Partial<TargetOptions> = {}): Promise<RunningTarget> {
  const target = await startTarget({
    host: '127.0.0.1',
    port: 0,
    metricsPort: 0,
    latencyMs: 0.01,
    latencySigma: 0,
    errorRate: 0,
    concurrency: 0,
    slowStartSeconds: 0,
    seed: 1,
    ...options,
  });
  running.push(target);
  return target;
}

async function json(url: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

describe('the stand-in backend', () => {
  it('is healthy and says its version and uptime', async () => {
    const { url } = await start();
    const { status, body } = await json(`${url}/health`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'ok', version: expect.any(String) as string });
    expect(body['uptime']).toBeGreaterThanOrEqual(0);
  });

  it('lists some 200 exercises, filtered and in pages', async () => {
    const { url } = await start();
    const all = (await json(`${url}/api/exercises`)).body as { items: { id: string; muscle: string }[]; total: number };
    expect(all.total).toBe(204);
    expect(all.items).toHaveLength(204);
    expect(new Set(all.items.map(({ id }) => id)).size).toBe(204);

    const legs = (await json(`${url}/api/exercises?muscle=legs&equipment=barbell&limit=2&offset=1`)).body;
    expect(legs).toMatchObject({ total: 6, limit: 2, offset: 1 });
    expect(legs['items']).toHaveLength(2);
    const found = (await json(`${url}/api/exercises?q=SQUAT`)).body as { items: { name: string }[] };
    expect(found.items.map(({ name }) => name)).toContain('Barbell Squat');
  });

  it('answers one exercise by id, and 404 for others', async () => {
    const { url } = await start();
    expect((await json(`${url}/api/exercises/barbell-squat`)).body).toMatchObject({
      name: 'Barbell Squat',
      muscle: 'legs',
    });
    expect((await json(`${url}/api/exercises/no-such-thing`)).status).toBe(404);
    expect((await json(`${url}/nowhere`)).status).toBe(404);
  });

  it.each(['muscle=leg', 'limit=0', 'limit=x', 'offset=-1', 'q=', 'unknown=1'])('answers 400 to ?%s', async (query) => {
    const { url } = await start();
    const { status, body } = await json(`${url}/api/exercises?${query}`);
    expect(status).toBe(400);
    expect(body['error']).toEqual(expect.any(String));
  });

  it('counts requests by route on its metrics port, ids not among the labels', async () => {
    const { url, metricsUrl } = await start();
    await json(`${url}/api/exercises/barbell-squat`);
    await json(`${url}/api/exercises/cable-row`);
    const response = await fetch(`${metricsUrl}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    const text = await response.text();
    expect(text).toContain('http_requests_total{method="GET",route="/api/exercises/:id",status="200"} 2');
    expect(text).toContain('http_request_duration_seconds_bucket');
    expect(text).toContain('process_resident_memory_bytes');
    expect(text).not.toContain('barbell-squat');
  });

  it('fails the share of requests it was told to, the same ones for the same seed', async () => {
    const statuses = async (): Promise<number[]> => {
      const { url } = await start({ errorRate: 0.2, seed: 7 });
      const seen: number[] = [];
      for (let i = 0; i < 100; i++) seen.push((await fetch(`${url}/health`)).status);
      return seen;
    };
    const [first, second] = [await statuses(), await statuses()];
    expect(first).toEqual(second);
    const failed = first.filter((status) => status === 500).length;
    expect(failed).toBeGreaterThan(8);
    expect(failed).toBeLessThan(35);
  });

  it('names the option whose port is taken, and leaves nothing open', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as { port: number };
    await expect(start({ metricsPort: port })).rejects.toMatchObject({
      code: 'target.port',
      exitCode: 6,
      message: `port ${port} on 127.0.0.1 is taken (--metrics-port)`,
    });
    blocker.close();
  });

  it('finishes what it is working on before it closes', async () => {
    const target = await startTarget({
      host: '127.0.0.1',
      port: 0,
      metricsPort: 0,
      latencyMs: 5000,
      latencySigma: 0,
      errorRate: 0,
      concurrency: 0,
      slowStartSeconds: 0,
      seed: 1,
    });
    const pending = fetch(`${target.url}/api/exercises?limit=1`);
    const inFlight = async (): Promise<string> => (await fetch(`${target.metricsUrl}/metrics`)).text();
    await expect.poll(inFlight).toMatch(/^gravl_requests_in_flight 1$/m);
    await target.close();
    expect((await pending).status).toBe(200);
  });

  it('cannot use a database that is not there', async () => {
    await expect(start({ databaseUrl: 'postgres://x:y@127.0.0.1:1/none' })).rejects.toMatchObject({
      code: 'target.database',
      exitCode: 6,
    });
  });
});
