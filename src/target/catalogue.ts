/** Where the stand-in's exercises come from: memory, or a PostgreSQL table that it makes and fills itself. */
import pg from 'pg';
import { LoadError, messageOf } from '../errors.ts';
import { exercises, type Exercise } from './exercises.ts';

export interface Query {
  readonly muscle?: string | undefined;
  readonly equipment?: string | undefined;
  /** Part of the name, in any case. */
  readonly q?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

export interface Page {
  readonly items: readonly Exercise[];
  readonly total: number;
}

export interface Catalogue {
  readonly kind: 'memory' | 'postgres';
  find(query: Query): Promise<Page>;
  byId(id: string): Promise<Exercise | undefined>;
  close(): Promise<void>;
}

export function openCatalogue(databaseUrl: string | undefined): Promise<Catalogue> {
  return databaseUrl === undefined ? Promise.resolve(memoryCatalogue()) : postgresCatalogue(databaseUrl);
}

function memoryCatalogue(): Catalogue {
  const byId = new Map(exercises.map((exercise) => [exercise.id, exercise]));
  return {
    kind: 'memory',
    find({ muscle, equipment, q, limit, offset }) {
      const part = q?.toLowerCase();
      const found = exercises.filter(
        (exercise) =>
          (muscle === undefined || exercise.muscle === muscle) &&
          (equipment === undefined || exercise.equipment === equipment) &&
          (part === undefined || exercise.name.toLowerCase().includes(part)),
      );
      return Promise.resolve({ items: found.slice(offset, offset + limit), total: found.length });
    },
    byId: (id) => Promise.resolve(byId.get(id)),
    close: () => Promise.resolve(),
  };
}

const schema = `
  CREATE TABLE IF NOT EXISTS gravl_exercises (
    position integer NOT NULL,
    id text PRIMARY KEY,
    name text NOT NULL,
    muscle text NOT NULL,
    equipment text NOT NULL,
    level text NOT NULL,
    instructions text NOT NULL
  )`;
const columns = 'id, name, muscle, equipment, level, instructions';
const where = `
  ($1::text IS NULL OR muscle = $1) AND ($2::text IS NULL OR equipment = $2) AND
  ($3::text IS NULL OR strpos(lower(name), lower($3)) > 0)`;

async function postgresCatalogue(connectionString: string): Promise<Catalogue> {
  const pool = new pg.Pool({ connectionString, max: 10, connectionTimeoutMillis: 5000 });
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  try {
    await seed(pool);
  } catch (error) {
    await pool.end();
    throw new LoadError('target.database', `PostgreSQL cannot be used: ${messageOf(error)}`, { cause: error });
  }
  return {
    kind: 'postgres',
    async find({ muscle, equipment, q, limit, offset }) {
      const filter = [muscle ?? null, equipment ?? null, q ?? null];
      const [page, count] = await Promise.all([
        pool.query<Exercise>(
          `SELECT ${columns} FROM gravl_exercises WHERE ${where} ORDER BY position LIMIT $4 OFFSET $5`,
          [...filter, limit, offset],
        ),
        pool.query<{ total: number }>(`SELECT count(*)::int AS total FROM gravl_exercises WHERE ${where}`, filter),
      ]);
      return { items: page.rows, total: count.rows[0]?.total ?? 0 };
    },
    async byId(id) {
      const { rows } = await pool.query<Exercise>(`SELECT ${columns} FROM gravl_exercises WHERE id = $1`, [id]);
      return rows[0];
    },
    close: () => pool.end(),
  };
}

/** Several stand-ins may start on one database at once: the lock lets one make the table, the key keeps rows single. */
async function seed(pool: pg.Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query("SELECT pg_advisory_xact_lock(hashtext('gravl_exercises'))");
    await client.query(schema);
    await client.query(
      `INSERT INTO gravl_exercises (position, ${columns})
       SELECT * FROM json_populate_recordset(NULL::gravl_exercises, $1) ON CONFLICT (id) DO NOTHING`,
      [JSON.stringify(exercises.map((exercise, position) => ({ position, ...exercise })))],
    );
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}
