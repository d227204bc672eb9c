import { describe, expect, it } from 'vitest';
import { EngineError } from '../../../src/engine/contracts/errors.ts';
import { type Consolidated, consolidate, type LevelName } from '../../../src/engine/options/consolidate.ts';
import { DecodeError } from '../../../src/engine/options/decode.ts';
import { layerFromEnv, layerFromFlags, layerFromJson } from '../../../src/engine/options/layers.ts';
import type { Layer } from '../../../src/engine/options/table.ts';

const fromScript = (options: unknown): Layer => layerFromJson(options).layer;

function merge(layers: Partial<Record<LevelName, Layer>>, exports = ['default']): Consolidated {
  const levels = (['json', 'script', 'env', 'cli'] as const).map((name) => [name, layers[name] ?? {}] as const);
  return consolidate(levels, new Set(exports));
}

function failure(action: () => unknown): EngineError {
  try {
    action();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('precedence', () => {
  it('takes file < script < environment < flags, option by option', () => {
    const { options, json } = merge({
      json: fromScript({ batch: 1, batchPerHost: 1, maxRedirects: 1, userAgent: 'file' }),
      script: fromScript({ batch: 2, batchPerHost: 2, maxRedirects: 2 }),
      env: layerFromEnv({ K6_BATCH: '3', K6_BATCH_PER_HOST: '3', K6_NO_COOKIES_RESET: 'true' }),
      cli: layerFromFlags({ batch: ['4'] }),
    });
    expect(options).toMatchObject({
      batch: 4,
      batchPerHost: 3,
      maxRedirects: 2,
      userAgent: 'file',
      noCookiesReset: true,
    });
    expect(json).toMatchObject({ batch: 4, batchPerHost: 3, noCookiesReset: true, throw: null });
  });

  it('lets the strongest level that says how long decide it all, but keeps the number of VUs', () => {
    const { options } = merge({
      script: fromScript({ vus: 7, duration: '10s' }),
      env: layerFromEnv({ K6_VUS: '2' }),
      cli: layerFromFlags({ iterations: ['3'] }),
    });
    expect(options.scenarios).toEqual([
      expect.objectContaining({
        name: 'default',
        executor: 'shared-iterations',
        vus: 2,
        iterations: 3,
        maxDuration: 600_000,
      }),
    ]);
  });

  it('says so when the command line overrides scenarios', () => {
    const { options, warnings } = merge({
      script: fromScript({ scenarios: { named: { executor: 'per-vu-iterations', exec: 'other' } } }),
      cli: layerFromFlags({ vus: ['2'], duration: ['1s'] }),
    });
    expect(options.scenarios).toEqual([expect.objectContaining({ executor: 'constant-vus', vus: 2, duration: 1000 })]);
    expect(warnings).toEqual(['"cli" level configuration overrode scenarios configuration entirely']);
  });

  it('replaces tags as a whole', () => {
    const { options } = merge({
      script: fromScript({ tags: { from: 'script', suite: 'golden' } }),
      cli: layerFromFlags({ tag: ['from=cli', 'run=cli'] }),
    });
    expect(options.tags).toEqual({ from: 'cli', run: 'cli' });
  });
});

describe('shortcuts', () => {
  it.each([
    [{}, { executor: 'per-vu-iterations', vus: 1, iterations: 1 }],
    [{ iterations: 4 }, { executor: 'shared-iterations', vus: 1, iterations: 4 }],
    [
      { iterations: 4, duration: '5s', vus: 2 },
      { executor: 'shared-iterations', maxDuration: 5000, vus: 2 },
    ],
    [{ duration: '5s' }, { executor: 'constant-vus', vus: 1, duration: 5000 }],
    [{ stages: [{ duration: '1s', target: 3 }] }, { executor: 'ramping-vus', startVUs: 1 }],
    [
      { vus: 0, stages: [{ duration: '1s', target: 3 }] },
      { executor: 'ramping-vus', startVUs: 0 },
    ],
  ])('%j becomes %j', (given, expected) => {
    const { options } = merge({ script: fromScript(given) });
    expect(options.scenarios).toEqual([
      expect.objectContaining({ name: 'default', gracefulStop: 30_000, ...expected }),
    ]);
  });

  it('shows scripts only what was set, and no shortcut', () => {
    const { json } = merge({ script: fromScript({ vus: 2, iterations: 3 }) });
    expect(JSON.stringify((json['scenarios'] as Record<string, unknown>)['default'])).toBe(
      '{"executor":"shared-iterations","startTime":null,"gracefulStop":null,"env":null,"exec":null,"tags":null,"vus":2,"iterations":3,"maxDuration":null}',
    );
    for (const key of ['vus', 'iterations', 'duration', 'stages']) expect(json).not.toHaveProperty(key);
  });

  it('takes a number of VUs alone for as many iterations', () => {
    const shared = [expect.objectContaining({ executor: 'shared-iterations', vus: 5, iterations: 5 })];
    expect(merge({ cli: layerFromFlags({ vus: ['5'] }) }).options.scenarios).toEqual(shared);
    expect(merge({ script: fromScript({ vus: 5 }) }).options.scenarios).toEqual(shared);
  });

  it('lets a number of VUs alone override scenarios from the environment and the command line only', () => {
    const scenarios = { named: { executor: 'per-vu-iterations' } };
    for (const level of ['env', 'cli'] as const) {
      const { options, warnings } = merge({ script: fromScript({ scenarios }), [level]: { vus: 5 } });
      expect(options.scenarios).toEqual([expect.objectContaining({ name: 'default', vus: 5, iterations: 5 })]);
      expect(warnings).toEqual([`"${level}" level configuration overrode scenarios configuration entirely`]);
    }
    for (const layers of [
      { script: fromScript({ vus: 5, scenarios }) },
      { json: { vus: 5 }, script: fromScript({ scenarios }) },
    ]) {
      expect(merge(layers).options.scenarios).toEqual([expect.objectContaining({ name: 'named', vus: 1 })]);
    }
  });

  it('keeps how long when only the number of VUs changes', () => {
    const { options } = merge({ script: fromScript({ vus: 1, duration: '3s' }), cli: layerFromFlags({ vus: ['4'] }) });
    expect(options.scenarios).toEqual([expect.objectContaining({ executor: 'constant-vus', vus: 4, duration: 3000 })]);
  });

  it('reads several stages from the command line and the environment', () => {
    const stages = [
      { duration: 5000, target: 10 },
      { duration: 60_000, target: 0 },
    ];
    expect(layerFromFlags({ stage: ['5s:10', '1m:0'] }).stages).toEqual(stages);
    expect(layerFromEnv({ K6_STAGES: '5s:10,1m:0' }).stages).toEqual(stages);
  });

  it('refuses what excludes each other', () => {
    expect(
      failure(() => merge({ script: fromScript({ duration: '1s', stages: [{ duration: '1s', target: 1 }] }) })),
    ).toMatchObject({
      exitCode: 104,
      message: 'using multiple execution config shortcuts (`duration` and `stages`) simultaneously is not allowed',
    });
    expect(
      failure(() => merge({ script: fromScript({ duration: '1s', scenarios: { a: { executor: 'constant-vus' } } }) }))
        .exitCode,
    ).toBe(104);
  });
});

describe('problems', () => {
  const scenario = (config: object) => ({ script: fromScript({ scenarios: { s: config } }) });

  it.each([
    [{ executor: 'constant-vus', vus: -1, duration: '1s' }, 'the number of VUs must be more than 0'],
    [{ executor: 'constant-vus' }, 'the duration is unspecified'],
    [{ executor: 'constant-vus', duration: '500ms' }, 'the duration must be at least 1s, but is 500ms'],
    [
      { executor: 'shared-iterations', vus: 5, iterations: 2 },
      "the number of iterations (2) shouldn't be less than the number of VUs (5)",
    ],
    [{ executor: 'ramping-vus' }, 'at least one stage has to be specified'],
    [
      { executor: 'ramping-vus', stages: [{ target: 1 }, { duration: '1s' }, { duration: '-1s', target: -1 }] },
      "the duration for stage 1 isn't specified, the target for stage 2 isn't specified, the duration for stage 3 can't be negative, the target for stage 3 can't be negative",
    ],
    [
      { executor: 'constant-arrival-rate', duration: '1s' },
      "the iteration rate isn't specified, the number of preAllocatedVUs isn't specified",
    ],
    [
      { executor: 'constant-arrival-rate', rate: 1, duration: '1s', preAllocatedVUs: 5, maxVUs: 2 },
      "maxVUs shouldn't be less than preAllocatedVUs",
    ],
    [{ executor: 'per-vu-iterations', startTime: '-1s' }, "the startTime can't be negative"],
  ])('%j: %s', (config, message) => {
    expect(failure(() => merge(scenario(config)))).toMatchObject({
      exitCode: 104,
      message: `There were problems with the specified script configuration:\n\t- scenario s has configuration errors: ${message}`,
    });
  });

  it('tells them all at once', () => {
    const bad = { a: { executor: 'constant-vus' }, b: { executor: 'ramping-vus', startVUs: -1 } };
    expect(failure(() => merge({ script: fromScript({ scenarios: bad }) })).message.split('\n')).toHaveLength(3);
  });

  it('misses functions that the script does not export', () => {
    expect(failure(() => merge({}, [])).message).toBe(
      "There were problems with the specified script configuration:\n\t- executor default: function 'default' not found in exports",
    );
  });

  it('takes fields in whatever case they are written, as Go does', () => {
    const { layer, unknown } = layerFromJson({
      DiscardResponseBodies: true,
      dns: { TTL: '1s' },
      thresholds: { checks: [{ THRESHOLD: 'rate>0', abortonfail: true }] },
      scenarios: { s: { Executor: 'ramping-vus', startvus: 3, stages: [{ Target: 1, duration: '1s' }] } },
    });
    expect(unknown).toEqual([]);
    expect(layer).toMatchObject({
      discardResponseBodies: true,
      dns: { ttl: 1000 },
      thresholds: { checks: [{ threshold: 'rate>0', abortOnFail: true }] },
      scenarios: { s: { executor: 'ramping-vus', own: { startVUs: 3, stages: [{ target: 1, duration: 1000 }] } } },
    });
  });

  it('decodes strictly, in the words of Go', () => {
    expect(() => fromScript({ scenarios: { s: { executor: 'warp-speed' } } })).toThrow(
      new DecodeError("unknown executor type 'warp-speed'"),
    );
    expect(() => fromScript({ scenarios: { s: { executor: 'constant-vus', speed: 1 } } })).toThrow(
      'json: unknown field "speed"',
    );
    expect(() => fromScript({ vus: true })).toThrow('json: cannot unmarshal bool into Go value of type null.Int');
    expect(() => fromScript({ vus: 1.5 })).toThrow('json: cannot unmarshal number 1.5 into Go value of type int64');
    expect(() => fromScript({ vus: 'many' })).toThrow('strconv.ParseInt: parsing "many": invalid syntax');
    expect(() => fromScript({ throw: 'yes' })).toThrow('json: cannot unmarshal string into Go value of type null.Bool');
    expect(() => fromScript({ scenarios: { s: { executor: 'externally-controlled' } } })).toThrow(
      "unknown executor type 'externally-controlled'",
    );
    expect(failure(() => layerFromFlags({ vus: ['abc'] })).message).toBe(
      'invalid argument "abc" for "-u, --vus" flag: strconv.ParseInt: parsing "abc": invalid syntax',
    );
  });

  it('freezes what it yields', () => {
    const { options } = merge({ script: fromScript({ tags: { a: 'b' } }) });
    expect(Object.isFrozen(options)).toBe(true);
    expect(Object.isFrozen(options.tags)).toBe(true);
    expect(Object.isFrozen(options.scenarios[0])).toBe(true);
  });
});

describe('feature flags', () => {
  it('tag every sample, and come from the strongest level alone', () => {
    const { options, json } = merge({
      json: fromScript({ features: ['freeze-env'] }),
      env: layerFromEnv({ K6_FEATURES: 'merge-run-tags,native-histograms' }),
    });
    expect(options.features).toEqual(['merge-run-tags', 'native-histograms']);
    expect(options.tags).toEqual({ k6_feature_merge_run_tags: 'true', k6_feature_native_histograms: 'true' });
    expect(json['tags']).toBeNull();
  });

  it('merge tags over the levels with merge-run-tags', () => {
    const { options } = merge({
      script: fromScript({ tags: { a: 'script', b: 'script' } }),
      env: layerFromEnv({ K6_TAGS: 'b:env,c:env' }),
      cli: layerFromFlags({ tag: ['c=cli'], features: ['merge-run-tags'] }),
    });
    expect(options.tags).toEqual({ a: 'script', b: 'env', c: 'cli', k6_feature_merge_run_tags: 'true' });
  });

  it('complain of a name that is not known, and go on', () => {
    const { options, complaints } = merge({ cli: layerFromFlags({ features: ['native-histogram'] }) });
    expect(options.features).toEqual([]);
    expect(complaints).toEqual(['unknown feature flag "native-histogram" is ignored']);
  });
});

describe('values', () => {
  it('reads whole numbers from texts, as variables of the environment are', () => {
    const { vus, stages } = fromScript({ vus: '5', stages: [{ duration: '1s', target: '3' }], rps: '' });
    expect([vus, stages]).toEqual([5, [{ duration: 1000, target: 3 }]]);
    expect(fromScript({ rps: '' })).not.toHaveProperty('rps');
  });

  it('reads DNS settings from text and JSON', () => {
    const expected = { ttl: Infinity, select: 'first', policy: 'onlyIPv4' };
    expect(layerFromEnv({ K6_DNS: 'ttl=inf,select=first,policy=onlyIPv4' }).dns).toEqual(expected);
    expect(fromScript({ dns: { ttl: 'inf', select: 'first', policy: 'onlyIPv4' } }).dns).toEqual(expected);
    expect(fromScript({ dns: { ttl: '1m' } }).dns).toEqual({ ttl: 60_000, select: 'random', policy: 'preferIPv4' });
  });

  it('reads thresholds in both forms', () => {
    const given = { m: ['p(95)<200', { threshold: 'avg<1', abortOnFail: true, delayAbortEval: '10s' }] };
    const { thresholds } = fromScript({ thresholds: given });
    expect(thresholds).toEqual({
      m: [
        { threshold: 'p(95)<200', abortOnFail: false, delayAbortEval: 0 },
        { threshold: 'avg<1', abortOnFail: true, delayAbortEval: 10_000 },
      ],
    });
    expect(merge({ script: { thresholds: thresholds ?? {} } }).json['thresholds']).toEqual(given);
  });

  it('reads a TLS version alone or as a range', () => {
    expect(fromScript({ tlsVersion: 'tls1.2' }).tlsVersion).toEqual({ min: 'tls1.2', max: 'tls1.2' });
    expect(fromScript({ tlsVersion: { min: 'tls1.2' } }).tlsVersion).toEqual({ min: 'tls1.2', max: 'tls1.3' });
  });

  it('turns --http-debug without a value into headers', () => {
    const level = (text: string) => merge({ cli: layerFromFlags({ 'http-debug': [text] }) }).options.httpDebug;
    expect([level('headers'), level('full')]).toEqual(['headers', 'full']);
    expect(merge({}).options.httpDebug).toBe('off');
  });
});
