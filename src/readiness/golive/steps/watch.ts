/** The hours after: SLOs and alerts, without a gap; a breach ends the watch at once. */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { LoadError, messageOf } from '../../../errors.ts';
import { guardWrite, readVersioned, writeWhole } from '../../../results/store.ts';
import type { Place } from '../declared.ts';
import { judge, notChecked, type GoliveContext, type Outcome, type Step } from '../model.ts';
import { firing, range } from '../../prometheus.ts';

/** What was seen so far: a watch that was interrupted goes on from there, and looks at the gap, too. */
const stateSchema = z.strictObject({
  schemaVersion: z.literal(1),
  startedAt: z.number(),
  /** Milliseconds since 1970 up to which everything was looked at. */
  seenUntil: z.number(),
  slos: z.record(
    z.string(),
    z.strictObject({ samples: z.int(), worst: z.number().nullable(), badSince: z.number().nullable() }),
  ),
  warnings: z.array(z.string()),
});
type State = z.infer<typeof stateSchema>;

export const watchSteps: readonly Step[] = [
  {
    id: 'watch',
    phase: 'watch',
    title: 'promises hold and no alert fires',
    owner: 'development and operations, by turns',
    expected: '2h to 4h',
    intends: ({ place, prometheus, alertmanager, watchMs }) => [
      prometheus === undefined
        ? 'nothing: no --prometheus'
        : `ask Prometheus every ${place.watch.every / 1000} s for ${watchMs / 60_000} min:`,
      ...place.slos.map(({ name, query, limit }) => `  ${name}: ${query} ${limit}`),
      alertmanager === undefined ? 'ask no Alertmanager: no --alertmanager' : 'ask Alertmanager for alerts that fire',
    ],
    run: watch,
  },
];

async function watch(context: GoliveContext): Promise<Outcome> {
  const { prometheus, alertmanager, place, watchMs } = context;
  if (prometheus === undefined) return notChecked('no address of Prometheus (--prometheus)');
  if (alertmanager === undefined) return notChecked('no address of Alertmanager (--alertmanager)');
  const { atLeast, every, patience } = place.watch;
  let state = await readState(context);
  const until = Math.max(Date.now(), state.startedAt) + Math.max(0, watchMs - (state.seenUntil - state.startedAt));
  let lastAnswer = Date.now();
  for (;;) {
    const now = Date.now();
    try {
      state = await look(place, prometheus, state, now);
      const alerts = await alertsOf(place, alertmanager);
      state = { ...state, warnings: [...new Set([...state.warnings, ...alerts.warnings])] };
      await writeState(context, state);
      lastAnswer = now;
      const breaches = [...breachesOf(place, state), ...alerts.critical];
      // The next watch begins anew: what was broken has to hold from its start.
      if (breaches.length > 0) await rm(fileOf(context), { force: true });
      if (breaches.length > 0) return judge(breaches, `ended after ${minutes(state)} min: ${seen(place, state)}`);
      context.say(`       ${minutes(state)} min: ${seen(place, state)}`);
    } catch (error) {
      if (!(error instanceof LoadError) || error.code !== 'golive.telemetry') throw error;
      context.say(`       ${messageOf(error)}`);
      if (now - lastAnswer > patience) return notChecked(`${messageOf(error)}, for more than ${patience / 1000} s`);
    }
    if (now >= until || context.stop.aborted) break;
    await delay(Math.min(every, Math.max(0, until - now)), undefined, { signal: context.stop }).catch(() => undefined);
  }
  const watched = state.seenUntil - state.startedAt;
  const evidence = `${minutes(state)} min: ${seen(place, state)}`;
  const blind = place.slos.filter(({ name }) => (state.slos[name]?.samples ?? 0) === 0).map(({ name }) => name);
  const findings = state.warnings.map((warning) => `warning: ${warning}`);
  if (watched < atLeast)
    return { ...notChecked(`${evidence}; at least ${atLeast / 60_000} min are asked for`), findings };
  if (blind.length > 0) return { ...notChecked(`${evidence}; no data for ${blind.join(', ')}`), findings };
  return { state: 'pass', evidence, findings };
}

/** Looks at everything since the last time, so that neither a pause nor an interruption hides a breach. */
async function look(place: Place, prometheus: string, state: State, now: number): Promise<State> {
  const slos: State['slos'] = {};
  for (const { name, query, limit } of place.slos) {
    const known = state.slos[name] ?? { samples: 0, worst: null, badSince: null };
    // From the next step on: the last one was counted.
    const from = Math.min(now, state.seenUntil + (known.samples === 0 ? 0 : place.watch.every));
    const points = await range(prometheus, query, from, now, place.watch.every);
    let { worst, badSince } = known;
    for (const [seconds, value] of points) {
      if (worst === null || isWorse(limit, value, worst)) worst = value;
      badSince = holds(limit, value) ? null : (badSince ?? seconds * 1000);
    }
    slos[name] = { samples: known.samples + points.length, worst, badSince };
  }
  return { ...state, seenUntil: now, slos };
}

function breachesOf({ slos }: Place, state: State): string[] {
  return slos.flatMap(({ name, limit, for: patience }) => {
    const { badSince = null, worst = null } = state.slos[name] ?? {};
    if (badSince === null || state.seenUntil - badSince < patience) return [];
    return [`${name}: not ${limit} since ${new Date(badSince).toISOString()}, at worst ${worst ?? '?'}`];
  });
}

async function alertsOf(
  { namespace }: Place,
  alertmanager: string,
): Promise<{ critical: string[]; warnings: string[] }> {
  const ours = (await firing(alertmanager)).filter((labels) => [undefined, namespace].includes(labels['namespace']));
  const named = (severity: (text: string | undefined) => boolean): string[] =>
    ours
      .filter((labels) => severity(labels['severity']))
      .map((labels) => `alert ${labels['alertname'] ?? 'without a name'} fires`);
  return { critical: named((text) => text === 'critical'), warnings: named((text) => text !== 'critical') };
}

function parts(limit: string): { operator: string; bound: number } {
  const [, operator = '', bound = ''] = /^(<=?|>=?)\s*(-?[\d.]+)$/.exec(limit) ?? [];
  return { operator, bound: Number(bound) };
}

function holds(limit: string, value: number): boolean {
  const { operator, bound } = parts(limit);
  if (value === bound) return operator.endsWith('=');
  return operator.startsWith('<') ? value < bound : value > bound;
}

const isWorse = (limit: string, value: number, than: number): boolean =>
  parts(limit).operator.startsWith('<') ? value > than : value < than;

const minutes = ({ startedAt, seenUntil }: State): number => Math.round((seenUntil - startedAt) / 6000) / 10;
const seen = ({ slos }: Place, state: State): string =>
  slos.map(({ name }) => `${name} at worst ${state.slos[name]?.worst ?? 'unknown'}`).join(', ');

const fileOf = ({ dir }: GoliveContext): string => path.join(dir, 'watch.json');

async function readState(context: GoliveContext): Promise<State> {
  try {
    return await readVersioned(fileOf(context), 1, stateSchema);
  } catch (error) {
    if (!(error instanceof LoadError) || error.code !== 'results.not-found') throw error;
    const now = Date.now();
    return { schemaVersion: 1, startedAt: now, seenUntil: now, slos: {}, warnings: [] };
  }
}

async function writeState(context: GoliveContext, state: State): Promise<void> {
  await guardWrite(context.dir, async () => {
    await mkdir(context.dir, { recursive: true });
    await writeWhole(fileOf(context), `${JSON.stringify(state, undefined, 2)}\n`);
  });
}
