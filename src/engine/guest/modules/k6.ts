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
  resumable,
  type ScriptFunction,
  type Steps,
  suspendable,
  textOf,
} from '../runtime/api.ts';
import { lazyModule } from '../runtime/lazy-exports.ts';
import { seededRandom } from '../runtime/random.ts';

const SEPARATOR = '::';

/** A call of `check`: how far it has come. */
interface Round {
  readonly value: unknown;
  readonly checks: Readonly<Record<string, unknown>>;
  readonly names: readonly string[];
  readonly tags: TagSet;
  /** The check it is at. */
  at: number;
  allPassed: boolean;
}

function createCheck(ctx: GuestContext): ScriptFunction {
  const { host } = ctx;
  const metric = ctx.metric('checks', 'rate');
  const record = ({ names, at, tags: base }: Round, passed: boolean): void => {
    const name = names[at] ?? '';
    const tags = ctx.systemTags['check'] === true ? base.with('check', name) : base;
    host.samples.check(ctx.groupPath, name, passed);
    host.samples.add(metric, passed ? 1 : 0, tags, host.now(), ctx.metadata);
  };
  const note = (round: Round, verdict: unknown): void => {
    const passed = Boolean(verdict);
    record(round, passed);
    round.allPassed &&= passed;
    round.at++;
  };

  const begin = (value: unknown, checks: unknown, extraTags: unknown): Round => {
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
    const names = Object.keys(checks);
    return { value, checks: checks as Record<string, unknown>, names, tags, at: 0, allPassed: true };
  };

  const ask = (round: Round, enter: Steps['enter']): unknown => {
    const name = round.names[round.at] ?? '';
    if (name.includes(SEPARATOR)) throw new GoError(`group and check names may not contain '${SEPARATOR}'`);
    const predicate = round.checks[name];
    if (typeof predicate !== 'function') return predicate;
    if (isAsyncFunction(ctx, predicate)) {
      throw new GoError(`check "${name}" uses an async function: those are not supported by check()`);
    }
    try {
      return enter(predicate as ScriptFunction, undefined, [round.value]);
    } catch (thrown) {
      record(round, false);
      throw thrown;
    }
  };

  return resumable(ctx, 'check', 2, {
    begin: (args) => begin(args[0], args[1], args[2]),
    advance(round, enter) {
      while (round.at < round.names.length) {
        const verdict = ask(round, enter);
        if (verdict === PENDING) return PENDING;
        note(round, verdict);
      }
      return round.allPassed;
    },
    accept: note,
    fail(round) {
      record(round, false);
    },
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
