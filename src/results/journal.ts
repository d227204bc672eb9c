/** What a run writes while it goes on, so that a run whose process was killed leaves more than nothing. */
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { LoadError, messageOf, systemCode } from '../errors.ts';
import { writeWhole } from './files.ts';
import { ownerSchema, thisProcess } from './owner.ts';
import { runRecordSchema, seriesLineSchema, type SeriesLine } from './record.ts';
import { openRunFiles, readVersioned, runFiles } from './store.ts';

const JOURNAL_SCHEMA_VERSION = 1;

/** What of the record is known before the load begins. */
export const runIdentitySchema = runRecordSchema.pick({
  id: true,
  env: true,
  profile: true,
  scenarios: true,
  plan: true,
  planHash: true,
  engine: true,
  suiteVersion: true,
  git: true,
  machine: true,
  target: true,
  tags: true,
  startedAt: true,
});

const journalSchema = z.strictObject({
  schemaVersion: z.literal(JOURNAL_SCHEMA_VERSION),
  owner: ownerSchema,
  /** Null until the load begins. */
  run: runIdentitySchema.extend({ plannedRate: z.number().nullable() }).nullable(),
});

export type RunIdentity = z.infer<typeof runIdentitySchema>;
export type Journal = z.infer<typeof journalSchema>;

/** Says whose run it is and, once the load begins, what a record needs to know of it. */
export async function writeJournal(openDir: string, run: Journal['run']): Promise<void> {
  const journal: Journal = { schemaVersion: JOURNAL_SCHEMA_VERSION, owner: thisProcess(), run };
  await writeWhole(path.join(openDir, openRunFiles.journal), `${JSON.stringify(journal, undefined, 2)}\n`);
}

/** @returns undefined when there is none */
export async function readJournal(openDir: string): Promise<Journal | undefined> {
  try {
    return await readVersioned(path.join(openDir, openRunFiles.journal), JOURNAL_SCHEMA_VERSION, journalSchema);
  } catch (error) {
    if (error instanceof LoadError && error.code === 'results.not-found') return undefined;
    throw error;
  }
}

/** Less room than that is none. */
const roomBytes = 64 * 1024;

/** Appends the series of a run while it goes on. A disk that takes no more ends the load, not the process. */
export class SeriesWriter {
  readonly #file: string;
  readonly #onFailure: () => void;
  #failure: LoadError | undefined;

  /** @param onFailure called once, when a line cannot be written */
  constructor(openDir: string, onFailure: () => void) {
    this.#file = path.join(openDir, runFiles.series);
    this.#onFailure = onFailure;
  }

  append(lines: readonly SeriesLine[]): void {
    this.#guard(() => appendFileSync(this.#file, lines.map((line) => `${JSON.stringify(line)}\n`).join('')));
  }

  /** Whether there is room left: an engine that cannot write any more sends load, and no line that would tell. */
  checkRoom(): void {
    const room = `${this.#file}.room`;
    this.#guard(() => {
      writeFileSync(room, Buffer.alloc(roomBytes));
      rmSync(room, { force: true });
    });
  }

  #guard(write: () => void): void {
    if (this.#failure !== undefined) return;
    try {
      write();
    } catch (error) {
      const message = `${this.#file} cannot be written: ${messageOf(error)}`;
      this.#failure = new LoadError('results.unwritable', message, { cause: error });
      this.#onFailure();
    }
  }

  /** Why lines are missing; undefined when none is. */
  get failure(): LoadError | undefined {
    return this.#failure;
  }
}

/** The seconds of a series that are whole, whatever cut it off. */
export async function salvageSeries(openDir: string): Promise<{ lines: SeriesLine[]; dropped: number }> {
  const file = path.join(openDir, runFiles.series);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { lines: [], dropped: 0 };
    throw error;
  }
  const found = text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLine);
  const lines = withoutTornSecond(found.filter((line) => line !== undefined));
  return { lines, dropped: found.length - lines.length };
}

/** Writes the series anew without what was torn. */
export async function rewriteSeries(openDir: string, lines: readonly SeriesLine[]): Promise<void> {
  await writeFile(path.join(openDir, runFiles.series), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

function parseLine(text: string): SeriesLine | undefined {
  try {
    return seriesLineSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** The last second counts when its total is there and agrees with its endpoints. */
function withoutTornSecond(lines: readonly SeriesLine[]): SeriesLine[] {
  const last = lines.reduce((latest, { t }) => Math.max(latest, t), -1);
  const second = lines.filter(({ t }) => t === last);
  const left = second.reduce((sum, { endpoint, requests }) => sum + (endpoint === '' ? requests : -requests), 0);
  const whole = left === 0 && second.some(({ endpoint }) => endpoint === '');
  return whole ? [...lines] : lines.filter(({ t }) => t !== last);
}
