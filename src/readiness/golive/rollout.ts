/** Applying a set of objects so that all of it is there and works, or nothing of it was changed. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { titleOf, type Api, type ApiObject } from '../../cluster/objects.ts';
import { LoadError, messageOf } from '../../errors.ts';
import { guardWrite, writeWhole } from '../../results/store.ts';
import { field, list } from '../gates/model.ts';
import { judge, type GoliveContext, type Outcome } from './model.ts';

const pollMs = 1000;
/** A rollback waits that long for an API server that is away. */
const rollbackMs = 120_000;

/**
 * Every object is tried on the server first; then each is applied, and waited for. When anything fails, what was changed
 * is put back, in reverse order.
 * @param name of the set, for the file that keeps what was there before
 */
export async function rollOut(
  context: GoliveContext,
  api: Api,
  name: string,
  objects: readonly ApiObject[],
): Promise<Outcome> {
  const refused = await tryAll(api, objects);
  if (refused.length > 0) return judge(refused, 'the server refused the set; nothing was changed');
  const before: { readonly object: ApiObject; readonly was: ApiObject | undefined }[] = [];
  for (const object of objects) before.push({ object, was: await api.read(object) });
  await keep(
    context,
    name,
    before.flatMap(({ was }) => (was === undefined ? [] : [was])),
  );
  let changed = 0;
  try {
    for (const { object } of before) {
      context.stop.throwIfAborted();
      // Counted first: an answer that is lost on its way may have been a yes.
      changed++;
      await api.apply(object);
    }
    const waiting = await untilReady(context, api, objects);
    if (waiting.length === 0) return judge([], `${objects.length} objects, applied and ready`);
    throw new LoadError('golive.rollout', `not ready within ${context.rolloutMs / 1000} s`, { problems: waiting });
  } catch (error) {
    const why = error instanceof LoadError ? [error.message, ...error.problems] : [messageOf(error)];
    const left = await rollBack(context, api, before.slice(0, changed).reverse());
    const evidence = left.length === 0 ? 'failed, and rolled back' : 'failed, and could not be rolled back as a whole';
    return judge([...why, ...left], evidence);
  }
}

/** What the server says against the objects. One whose namespace is still to be made cannot be tried. */
export async function tryAll(api: Api, objects: readonly ApiObject[]): Promise<string[]> {
  const refused: string[] = [];
  for (const object of objects) {
    try {
      await api.apply(object, { dryRun: true });
    } catch (error) {
      if (!(error instanceof LoadError) || error.code === 'cluster.unreachable') throw error;
      refused.push(error.message);
    }
  }
  return refused;
}

async function keep({ dir }: GoliveContext, name: string, items: readonly ApiObject[]): Promise<void> {
  await guardWrite(dir, async () => {
    await mkdir(dir, { recursive: true });
    const document = { apiVersion: 'v1', kind: 'List', items };
    await writeWhole(path.join(dir, `before-${name}.json`), `${JSON.stringify(document, undefined, 2)}\n`);
  });
}

async function rollBack(
  context: GoliveContext,
  api: Api,
  changes: readonly { readonly object: ApiObject; readonly was: ApiObject | undefined }[],
): Promise<string[]> {
  context.say('       rolling back');
  const deadline = performance.now() + rollbackMs;
  const left: string[] = [];
  for (const { object, was } of changes) {
    for (;;) {
      try {
        if (was === undefined) await api.remove(object);
        else await api.restore(was);
        break;
      } catch (error) {
        const away = error instanceof LoadError && error.code === 'cluster.unreachable';
        if (away && performance.now() < deadline) {
          await delay(pollMs);
          continue;
        }
        left.push(`not rolled back: ${titleOf(object)}: ${messageOf(error)}`);
        break;
      }
    }
  }
  return left;
}

/** What is still not ready at the end of the time. */
async function untilReady(context: GoliveContext, api: Api, objects: readonly ApiObject[]): Promise<string[]> {
  const deadline = performance.now() + context.rolloutMs;
  let open = objects.filter(({ kind }) => readiness[kind] !== undefined);
  for (;;) {
    const states = await Promise.all(
      open.map(async (object) => {
        const now = await api.read(object);
        return { object, state: now === undefined ? 'it is gone' : readiness[object.kind]?.(now) };
      }),
    );
    open = states.filter(({ state }) => state !== undefined).map(({ object }) => object);
    if (open.length === 0) return [];
    if (performance.now() > deadline || context.stop.aborted) {
      return states.flatMap(({ object, state }) => (state === undefined ? [] : [`${titleOf(object)}: ${state}`]));
    }
    await delay(pollMs, undefined, { signal: context.stop }).catch(() => undefined);
  }
}

const count = (object: ApiObject, ...keys: string[]): number => Number(field(object, ...keys) ?? 0);

/** Why an object of that kind is not ready yet; undefined when it is. */
const readiness: Readonly<Record<string, (object: ApiObject) => string | undefined>> = {
  Deployment: replicas('availableReplicas'),
  StatefulSet: replicas('readyReplicas'),
  Certificate: condition('Ready'),
  ClusterIssuer: condition('Ready'),
  SealedSecret: condition('Synced'),
  ExternalSecret: condition('Ready'),
  SecretStore: condition('Ready'),
};

function replicas(readyKey: string): (object: ApiObject) => string | undefined {
  return (object) => {
    const wanted = Number(field(object, 'spec', 'replicas') ?? 1);
    if (count(object, 'status', 'observedGeneration') < count(object, 'metadata', 'generation')) {
      return 'its controller has not seen the change';
    }
    const [updated, ready] = [count(object, 'status', 'updatedReplicas'), count(object, 'status', readyKey)];
    const old = count(object, 'status', 'replicas') - updated;
    if (updated >= wanted && ready >= wanted && old <= 0) return undefined;
    return `${updated} of ${wanted} updated, ${ready} ready${old > 0 ? `, ${old} old ones left` : ''}`;
  };
}

function condition(type: string): (object: ApiObject) => string | undefined {
  return (object) => {
    const found = list(field(object, 'status', 'conditions')).find((one) => field(one, 'type') === type);
    if (field(found, 'status') === 'True') return undefined;
    const message = field(found, 'message');
    return typeof message === 'string' && message !== '' ? message : `not ${type} yet`;
  };
}
