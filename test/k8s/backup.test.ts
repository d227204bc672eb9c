/** The backup's script as the CronJob has it, on a real database: what it keeps can be restored. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backup } from '../../k8s/source/backup.ts';
import { production } from '../../k8s/source/environment.ts';
import { images } from '../../k8s/source/images.ts';
import { temporaryFolder } from '../e2e/harness.ts';
import { postgresPrograms, startPostgres } from '../fixtures/postgres.ts';

const programs = postgresPrograms ?? '';
const why = postgresPrograms === undefined ? ' (skipped: needs PostgreSQL)' : '';

function scriptIn(folder: string): string {
  const objects = JSON.parse(JSON.stringify(backup(production, images))) as {
    kind: string;
    spec: { jobTemplate?: { spec: { template: { spec: { containers: { command: string[] }[] } } } } };
  }[];
  const script = objects.find(({ kind }) => kind === 'CronJob')?.spec.jobTemplate?.spec.template.spec.containers[0]
    ?.command[2];
  if (script === undefined) throw new Error('the CronJob has no script');
  return script.replaceAll('/backup', folder);
}

describe.skipIf(postgresPrograms === undefined)(`the backup of the database${why}`, () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  beforeAll(async () => void (server = await startPostgres()));
  afterAll(() => server.stop());

  const env = (more: Readonly<Record<string, string>> = {}) => ({
    PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    PGHOST: server.dir,
    PGUSER: 'gravl',
    PGDATABASE: 'gravl',
    ...more,
  });
  const psql = (sql: string, database = 'gravl'): string =>
    execFileSync(path.join(programs, 'psql'), ['-qtAc', sql], { env: env({ PGDATABASE: database }), encoding: 'utf8' });
  const run = (folder: string, more?: Readonly<Record<string, string>>) =>
    spawnSync('/bin/sh', ['-c', scriptIn(folder)], { env: env(more), encoding: 'utf8' });

  it('keeps a dump that restores, readable by its owner only, and forgets old ones and halves', () => {
    psql('create database gravl', 'postgres');
    psql("create table lifts as select n, 'squat' as name from generate_series(1, 1000) n");
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'gravl-old.dump'), '');
    const long = new Date(Date.now() - 30 * 86_400_000);
    utimesSync(path.join(folder, 'gravl-old.dump'), long, long);
    writeFileSync(path.join(folder, 'gravl-half.part'), '');
    const done = run(folder);
    expect([done.status, done.stderr]).toEqual([0, '']);
    const [dump = '', ...others] = readdirSync(folder);
    expect([dump, others]).toEqual([expect.stringMatching(/^gravl-\d{8}T\d{6}Z\.dump$/), []]);
    expect(statSync(path.join(folder, dump)).mode & 0o777).toBe(0o600);
    psql('create database restored', 'postgres');
    execFileSync(path.join(programs, 'pg_restore'), ['-d', 'restored', path.join(folder, dump)], { env: env() });
    expect(psql('select count(*) from lifts', 'restored').trim()).toBe('1000');
  });

  it('fails, and leaves no dump, when the database does not answer', () => {
    const folder = temporaryFolder();
    expect(run(folder, { PGHOST: folder }).status).not.toBe(0);
    expect(readdirSync(folder).filter((name) => name.endsWith('.dump'))).toEqual([]);
  });
});
