import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCatalogue, type Catalogue } from '../../src/target/catalogue.ts';
import { root } from '../e2e/harness.ts';
import { postgresPrograms, startPostgres } from '../fixtures/postgres.ts';

const why = postgresPrograms === undefined ? ' (skipped: needs PostgreSQL)' : '';

describe.skipIf(postgresPrograms === undefined)(`the catalogue in a real PostgreSQL${why}`, () => {
  let dir: string;
  let stop: () => Promise<void>;
  let url: string;
  const open: Catalogue[] = [];
  const catalogue = async (): Promise<Catalogue> => {
    const opened = await openCatalogue(url);
    open.push(opened);
    return opened;
  };

  beforeAll(async () => {
    ({ dir, stop } = await startPostgres());
    url = `postgres:///postgres?host=${encodeURIComponent(dir)}&user=gravl`;
  });

  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()));
    await stop();
  });

  it('is made and filled once, even when several stand-ins start together', async () => {
    const all = await Promise.all([catalogue(), catalogue(), catalogue()]);
    for (const one of all) expect((await one.find({ limit: 500, offset: 0 })).total).toBe(204);
  });

  it('answers every question as the catalogue in memory does', async () => {
    const [database, memory] = [await catalogue(), await openCatalogue(undefined)];
    for (const query of [
      { limit: 500, offset: 0 },
      { muscle: 'legs', limit: 5, offset: 3 },
      { muscle: 'legs', equipment: 'barbell', limit: 500, offset: 0 },
      { q: 'PRESS', limit: 10, offset: 0 },
      { q: '%', limit: 10, offset: 0 },
      { q: 'squat', muscle: 'arms', limit: 10, offset: 0 },
    ]) {
      expect(await database.find(query)).toEqual(await memory.find(query));
    }
    expect(await database.byId('barbell-squat')).toEqual(await memory.byId('barbell-squat'));
    expect(await database.byId('none')).toBeUndefined();
  });

  it('is what `gravl-load target` serves over HTTP, as its rows are now', async () => {
    const child = spawn(
      process.execPath,
      [
        path.join(root, 'bin', 'gravl-load.js'),
        'target',
        '--port',
        '0',
        '--metrics-port',
        '0',
        '--latency',
        '1ms',
        '--json',
      ],
      { env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: url }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const ended = once(child, 'close');
    const client = new pg.Client(url);
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      const served = JSON.parse(line) as { url: string; storage: string };
      expect(served.storage).toBe('postgres');
      const get = async (where: string): Promise<unknown> => (await fetch(`${served.url}${where}`)).json();
      expect(await get('/health')).toMatchObject({ status: 'ok', storage: 'postgres' });
      expect(await get('/api/exercises?muscle=legs&equipment=barbell&limit=2')).toMatchObject({
        total: 6,
        items: [{ id: 'barbell-squat' }, { id: 'barbell-lunge' }],
      });
      await client.connect();
      await client.query("UPDATE gravl_exercises SET name = 'Zercher Squat' WHERE id = 'barbell-squat'");
      expect(await get('/api/exercises?q=zercher')).toMatchObject({ total: 1, items: [{ id: 'barbell-squat' }] });
      expect(await get('/api/exercises/barbell-squat')).toMatchObject({ name: 'Zercher Squat' });
    } finally {
      await client.end();
      child.kill('SIGTERM');
    }
    expect(await ended).toEqual([0, null]);
  });
});
