/** The {@link GuestContext} of one VU. A class, because V8 keeps object literals of this size as hash tables. */
import type { ArgOf, CallOp, CallOps, ResultOf, VuHost } from '../../contracts/host.ts';
import type { Metric, MetricType, TagSet, ValueKind } from '../../contracts/metrics.ts';
import { unwrap } from './api.ts';
import type { GuestContext, GuestScenario, Stage } from './context.ts';
import type { GuestConfig } from './guest-vu.ts';
import { noLazyModules } from './lazy-exports.ts';
import type { EventLoop } from './event-loop.ts';
import type { FiberRuntime } from './suspend.ts';
import { table } from './table.ts';
import { createTimers, type TimerFunctions } from './timers.ts';
import { readOnly } from './vu-globals.ts';

export interface VuContextInput {
  readonly host: VuHost;
  readonly fibers: FiberRuntime | undefined;
  readonly loop: EventLoop;
  readonly config: GuestConfig;
  /** Takes the seeded source of `Math.random`. */
  readonly seed: (random: () => number) => void;
}

export class VuContext implements GuestContext {
  readonly host: VuHost;
  readonly fibers: FiberRuntime | undefined;
  readonly loop: EventLoop;
  readonly idInInstance: number;
  readonly idInTest: number;
  stage: Stage = 'init';
  scenario: GuestScenario | undefined = undefined;
  readonly iteration = { inVu: 0, inScenario: 0, inInstance: 0, inTest: 0 };
  tags: TagSet;
  readonly ownTags = table<string>();
  metadata: Readonly<Record<string, string>> | undefined = undefined;
  groupPath = '';
  readonly systemTags: Readonly<Record<string, true>>;
  readonly dir: string;
  readonly env: Record<string, string>;
  readonly visibleEnv: Record<string, string>;
  readonly lazy = noLazyModules();
  readonly steps: GuestContext['steps'] = { plain: undefined, fiber: undefined };
  readonly beforeIteration: (() => void)[] = [];
  readonly #metrics = table<Metric>();
  readonly #seed: (random: () => number) => void;
  #timers: TimerFunctions | undefined;

  constructor({ host, fibers, loop, config, seed }: VuContextInput) {
    this.host = host;
    this.fibers = fibers;
    this.loop = loop;
    this.idInInstance = config.idInInstance;
    this.idInTest = config.idInTest;
    this.tags = config.baseTags;
    this.systemTags = config.systemTags;
    this.dir = config.dir;
    this.env = { ...template(config.env) };
    replaceWith(this.ownTags, config.tags);
    this.visibleEnv = config.freezeEnv ? readOnly(this.env) : this.env;
    this.#seed = seed;
  }

  get timers(): TimerFunctions {
    return (this.#timers ??= createTimers(this));
  }

  seed(random: () => number): void {
    this.#seed(random);
  }

  metric(name: string, type: MetricType, contains: ValueKind = 'default'): Metric {
    return (this.#metrics[name] ??= unwrap(this.host.metric(name, type, contains)));
  }

  call<O extends CallOp>(op: O, arg: ArgOf<CallOps[O]>): ResultOf<CallOps[O]> {
    return unwrap(this.host.call(op, arg));
  }
}

let known: { readonly source: object; readonly copy: Readonly<Record<string, string>> } | undefined;

/** A copy whose own copies share its shape: an object filled key by key becomes a hash table, and each VU has one. */
function template(source: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (known?.source !== source) {
    known = { source, copy: JSON.parse(JSON.stringify(source)) as Readonly<Record<string, string>> };
  }
  return known.copy;
}

/** Gives `target` the content of the sources, later ones over earlier ones, and no other; what is right already stays. */
export function replaceWith(
  target: Record<string, string>,
  ...sources: readonly Readonly<Record<string, string>>[]
): void {
  const wanted = table<string>();
  // Own keys only: a script may have given all objects more.
  for (const source of sources) for (const key of Object.keys(source)) wanted[key] = source[key] as string;
  // Deleting makes a hash table of an object, and is hardly ever needed.
  for (const key of Object.keys(target)) if (wanted[key] === undefined) Reflect.deleteProperty(target, key);
  for (const key in wanted) if (target[key] !== wanted[key]) target[key] = wanted[key] as string;
}
