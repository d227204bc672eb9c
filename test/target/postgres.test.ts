import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCatalogue, type Catalogue } from '../../src/target/catalogue.ts';

/** Debian keeps PostgreSQL's server programs off the PATH. */
function serverPrograms(): string | undefined {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => Number(a) - Number(b)) : [];
  const newest = versions.at(-1);
  return newest === undefined ? undefined : path.join(base, newest, 'bin');
}

const programs = serverPrograms();

describe.skipIf(programs === undefined)('the catalogue in a real PostgreSQL', () => {
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
});
