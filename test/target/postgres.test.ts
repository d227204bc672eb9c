import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCatalogue, type Catalogue } from '../../src/target/catalogue.ts';
import { root } from '../e2e/harness.ts';

/** Debian keeps PostgreSQL's server programs off the PATH. */
function serverPrograms(): string | undefined {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => Number(a) - Number(b)) : [];
  const newest = versions.at(-1);
  return newest === undefined ? undefined : path.join(base, newest, 'bin');
}

const programs = serverPrograms();

const why = programs === undefined ? ' (skipped: needs PostgreSQL)' : '';

describe.skipIf(programs === undefined)(`the catalogue in a real PostgreSQL${why}`, () => {
  let dir: string;
  let server: ChildProcess;
  let url: string;
  const open: Catalogue[] = [];
  const catalogue = async (): Promise<Catalogue> => {
    const opened = await openCatalogue(url);
    open.push(opened);
    return opened;
  };

  beforeAll(async () => {
    dir = mkdtempSync(path.join(os.tmpdir(), 'gravl-postgres-'));
    chmodSync(dir, 0o777);
    const data = path.join(dir, 'data');
    // PostgreSQL refuses to run as root.
    const as = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : ['env'];
    const [file = '', ...prefix] = as;
    const program = (name: string): string => path.join(programs ?? '', name);
    execFileSync(file, [...prefix, program('initdb'), '--auth=trust', '--no-sync', '--username=gravl', '-D', data], {
      stdio: 'ignore',
    });
    server = spawn(
      file,
      [...prefix, program('postgres'), '-D', data, '-k', dir, '-c', 'listen_addresses=', '-c', 'fsync=off'],
      { stdio: 'ignore', detached: true },
    );
    url = `postgres:///postgres?host=${encodeURIComponent(dir)}&user=gravl`;
    for (let i = 0; i < 100 && !existsSync(path.join(dir, '.s.PGSQL.5432')); i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }, 60_000);

  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()));
    const ended = new Promise((resolve) => server.once('close', resolve));
    if (server.pid !== undefined) process.kill(-server.pid, 'SIGINT');
    await ended;
    rmSync(dir, { recursive: true, force: true });
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
  }, 60_000);
});
