/** k6/metrics. */
import type { Metric, MetricType, TagSet } from '../../contracts/metrics.ts';
import { GoError, type GuestContext, type ModuleFactory, native, type ScriptFunction, unwrap } from '../runtime/api.ts';
import { lazyModule } from '../runtime/lazy-exports.ts';

/** The sample's tags: the VU's, and over them those given to the call. */
function withTags(base: TagSet, tags: unknown): TagSet {
  if (tags === undefined || tags === null) return base;
  if (typeof tags !== 'object') throw new GoError('metric tags must be an object of key-value pairs');
  let set = base;
  for (const key of Object.keys(tags)) {
    const value: unknown = (tags as Record<string, unknown>)[key];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw new GoError(
        `invalid value for metric tag '${key}': only String, Boolean and Number types are accepted as a metric tag value`,
      );
    }
    set = set.with(key, String(value));
  }
  return set;
}

/** The sample's value; `undefined` when it is none. Null would be 0 as a number, but is a mistake in a script. */
function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number' && value === value) return value;
  if (value === undefined || value === null) return undefined;
  const number = Number(value);
  return number === number ? number : undefined;
}

function adder(ctx: GuestContext, metric: Metric): ScriptFunction {
  const { host } = ctx;
  return native('add', 2, (value, tags) => {
    if (ctx.stage === 'init') throw new GoError('adding values to metrics in the init context is not supported');
    const number = numberOf(value);
    if (number === undefined) {
      const problem = `'${String(value)}' is an invalid value for metric '${metric.name}', a number or a boolean value is expected`;
      if (ctx.call('exec.options', undefined)['throw'] === true) throw new GoError(problem);
      host.log('warning', problem);
      return false;
    }
    host.samples.add(metric, number, withTags(ctx.tags, tags), host.now(), ctx.metadata);
    return true;
  });
}

/** Only text can be a valid name; anything else is refused as the empty name is. */
function nameOf(name: unknown): string {
  return typeof name === 'string' ? name : '';
}

/** A constructor that, like k6's, also works when called without `new`. */
function metricClass(ctx: GuestContext, className: string, type: MetricType): ScriptFunction {
  function construct(this: object, name?: unknown, isTime?: unknown): object {
    if (ctx.stage !== 'init') throw new GoError('metrics must be declared in the init context');
    const metric = unwrap(ctx.host.metric(nameOf(name), type, isTime ? 'time' : 'default'));
    const self = this instanceof construct ? this : (Object.create(construct.prototype as object) as object);
    Object.defineProperty(self, 'name', { value: metric.name, enumerable: true });
    Object.defineProperty(self, 'add', { value: adder(ctx, metric), writable: true, configurable: true });
    return self;
  }
  Object.defineProperty(construct, 'name', { value: className, configurable: true });
  return construct as ScriptFunction;
}

export const metricsModule: ModuleFactory = lazyModule('k6/metrics', (ctx) => ctx, {
  Counter: (ctx) => metricClass(ctx, 'Counter', 'counter'),
  Gauge: (ctx) => metricClass(ctx, 'Gauge', 'gauge'),
  Rate: (ctx) => metricClass(ctx, 'Rate', 'rate'),
  Trend: (ctx) => metricClass(ctx, 'Trend', 'trend'),
});
