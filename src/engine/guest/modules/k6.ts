/** The module `k6`: check, group, sleep, fail, randomSeed. */
import type { TagSet } from '../../contracts/metrics.ts';
import {
  blocking,
  type Frame,
  GoError,
  type GuestContext,
  Immediate,
  isAsyncFunction,
  type ModuleFactory,
  native,
  PENDING,
  type ScriptFunction,
  suspendable,
  textOf,
} from '../runtime/api.ts';
import { lazyModule } from '../runtime/lazy-exports.ts';
import { seededRandom } from '../runtime/random.ts';

const SEPARATOR = '::';

function createCheck(ctx: GuestContext): ScriptFunction {
  const { host } = ctx;
  const metric = ctx.metric('checks', 'rate');
  const record = (name: string, passed: boolean, base: TagSet): void => {
    const tags = ctx.systemTags['check'] === true ? base.with('check', name) : base;
    host.samples.check(ctx.groupPath, name, passed);
    host.samples.add(metric, passed ? 1 : 0, tags, host.now(), ctx.metadata);
  };

  return suspendable(ctx, 'check', 2, function* (steps, value, checks, extraTags): Frame {
    if (ctx.stage === 'init') throw new GoError('using check() in the init context is not supported');
    if (typeof checks !== 'object' || checks === null) {
      throw new GoError('no checks provided: the second argument of check() must be an object');
    }
    let tags = ctx.tags;
    if (typeof extraTags === 'object' && extraTags !== null) {
      for (const key of Object.keys(extraTags)) {
        tags = tags.with(key, String((extraTags as Record<string, unknown>)[key]));
      }
    }
    let allPassed = true;
    for (const name of Object.keys(checks)) {
      if (name.includes(SEPARATOR)) throw new GoError(`group and check names may not contain '${SEPARATOR}'`);
      const predicate = (checks as Record<string, unknown>)[name];
      let passed = Boolean(predicate);
      if (typeof predicate === 'function') {
        if (isAsyncFunction(ctx, predicate)) {
          throw new GoError(`check "${name}" uses an async function: those are not supported by check()`);
        }
        try {
          const verdict = steps.enter(predicate as ScriptFunction, undefined, [value]);
          passed = Boolean(verdict === PENDING ? yield PENDING : verdict);
        } catch (thrown) {
          record(name, false, tags);
          throw thrown;
        }
      }
      record(name, passed, tags);
      allPassed &&= passed;
    }
    return allPassed;
  });
}

function createGroup(ctx: GuestContext): ScriptFunction {
  const { host } = ctx;
  const metric = ctx.metric('group_duration', 'trend', 'time');
  const enter = (path: string): void => {
    ctx.groupPath = path;
    if (ctx.systemTags['group'] === true) ctx.tags = ctx.tags.with('group', path);
  };

  return suspendable(ctx, 'group', 2, function* (steps, name, fn): Frame {
    if (ctx.stage === 'init') throw new GoError('using group() in the init context is not supported');
    const title = String(name);
    if (title.includes(SEPARATOR)) throw new GoError(`group and check names may not contain '${SEPARATOR}'`);
    if (typeof fn !== 'function') throw new GoError('group() requires a callback as a second argument');
    if (isAsyncFunction(ctx, fn)) {
      throw new GoError(
        'group() does not support async functions as arguments, please see https://grafana.com/docs/k6/latest/javascript-api/k6/group/#working-with-async-code for more info',
      );
    }
    const outer = ctx.groupPath;
    // A group without a name is the group around it.
    const path = title === '' ? outer : `${outer}${SEPARATOR}${title}`;
    host.samples.group(path);
    enter(path);
    const start = host.now();
    try {
      return yield* steps.call(fn as ScriptFunction, undefined, []);
    } finally {
      const end = host.now();
      host.samples.add(metric, end - start, ctx.tags, end, ctx.metadata);
      enter(outer);
    }
  });
}

export const k6Module: ModuleFactory = lazyModule('k6', (ctx) => ctx, {
  check: createCheck,
  group: createGroup,
  sleep: (ctx) =>
    blocking(ctx, 'sleep', 1, {
      op: 'sleep',
      prepare: (seconds) => {
        const milliseconds = Number(seconds) * 1000;
        return milliseconds > 0 ? milliseconds : new Immediate(undefined);
      },
      finish: () => undefined,
    }),
  fail: () =>
    native('fail', 1, (reason) => {
      throw new GoError(reason === undefined ? '' : textOf(reason));
    }),
  randomSeed: (ctx) =>
    native('randomSeed', 1, (seed) => {
      ctx.seed(seededRandom(Math.trunc(Number(seed)) || 0));
    }),
});
