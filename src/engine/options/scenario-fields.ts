/** The fields of each executor's configuration, in k6's order; decoding and JSON form derive from these tables. */
import { asObject, bool, type Codec, DecodeError, duration, int, isGiven, list, record, str } from './decode.ts';
import type { ExecutorName } from './types.ts';

type Fields = Readonly<Record<string, Codec<unknown>>>;
/** What was given; a missing field has its default later. */
type Given<F extends Fields> = { readonly [K in keyof F]?: F[K] extends Codec<infer T> ? T : never };

const passThrough: Codec<Readonly<Record<string, unknown>>> = {
  json: (value) => asObject(value),
  text: undefined,
  show: (value) => value,
};

/** A stage as it was written; both are needed, which is checked with the rest of the scenario. */
export interface GivenStage {
  readonly duration?: number;
  readonly target?: number;
}

export const stage: Codec<GivenStage> = {
  json: (value) => decode(asObject(value, ['duration', 'target']), { duration, target: int }),
  text(text) {
    const [length = '', target = ''] = text.split(':', 2);
    if (!text.includes(':')) throw new DecodeError('expected [duration]:[target]');
    if (!duration.text || !int.text) throw new DecodeError('has no textual form');
    return { duration: duration.text(length), target: int.text(target) };
  },
  show: (given) => present({ ...given }, { duration, target: int }),
};

export const baseFields = {
  startTime: duration,
  gracefulStop: duration,
  env: record(str),
  exec: str,
  tags: record(str),
} satisfies Fields;

const arrival = { timeUnit: duration, preAllocatedVUs: int, maxVUs: int } satisfies Fields;

export const executorFields = {
  'shared-iterations': { vus: int, iterations: int, maxDuration: duration },
  'per-vu-iterations': { vus: int, iterations: int, maxDuration: duration },
  'constant-vus': { vus: int, duration },
  'ramping-vus': { startVUs: int, stages: list(stage), gracefulRampDown: duration },
  'constant-arrival-rate': { rate: int, duration, ...arrival },
  'ramping-arrival-rate': { startRate: int, stages: list(stage), ...arrival },
} satisfies Record<ExecutorName, Fields>;

type OwnFields = typeof executorFields;

/** One scenario as it was written: only what was given, decoded. */
export type GivenScenario = {
  [E in ExecutorName]: {
    readonly executor: E;
    readonly base: Given<typeof baseFields>;
    readonly own: Given<OwnFields[E]>;
  };
}[ExecutorName];

export type GivenOf<E extends ExecutorName> = Extract<GivenScenario, { executor: E }>;

/** Kept as it is and ignored: browser options and the like. */
const EXTRA = 'options';
const knownExtras: Fields = { [EXTRA]: passThrough, paused: bool };

export const scenario: Codec<GivenScenario> = {
  json(value) {
    const { executor } = asObject(value, ['executor']);
    if (typeof executor !== 'string' || executor === '') {
      throw new DecodeError("scenario doesn't have a specified executor type");
    }
    if (!isExecutor(executor)) throw new DecodeError(`unknown executor type '${executor}'`);
    const own: Fields = executorFields[executor];
    const known = ['executor', ...Object.keys(baseFields), ...Object.keys(own), ...Object.keys(knownExtras)];
    const given = asObject(value, known);
    const unknown = Object.keys(given).find((key) => !known.includes(key));
    if (unknown !== undefined) throw new DecodeError(`json: unknown field ${JSON.stringify(unknown)}`);
    return { executor, base: decode(given, baseFields), own: decode(given, own) };
  },
  text: undefined,
  show({ executor, base, own }) {
    return { executor, ...present(base, baseFields), ...present(own, executorFields[executor]) };
  },
};

export const scenarios = record(scenario);

function isExecutor(name: string): name is ExecutorName {
  return Object.hasOwn(executorFields, name);
}

function decode<F extends Fields>(given: Readonly<Record<string, unknown>>, fields: F): Given<F> {
  const entries = Object.entries(fields).flatMap(([key, codec]) =>
    isGiven(codec, given[key]) ? [[key, codec.json(given[key])] as const] : [],
  );
  return Object.fromEntries(entries) as Given<F>;
}

function present(values: Readonly<Record<string, unknown>>, fields: Fields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, codec]) => [key, values[key] === undefined ? null : codec.show(values[key])]),
  );
}
