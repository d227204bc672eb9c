import { describe, expect, it } from 'vitest';
import { describeLoad, loadDurationMs, overrideLoad, plannedRate, toScenario } from '../../src/suite/load.ts';
import { profiles } from '../../src/suite/profiles.ts';

const load = (name: string) => profiles[name]!.load;

describe('profiles as k6 scenarios', () => {
  it('match what the team knows', () => {
    expect(Object.fromEntries(Object.entries(profiles).map(([name, { load: shape }]) => [name, describeLoad(shape)])))
      .toMatchInlineSnapshot(`
        {
          "average": "up to 50 users over 7m",
          "baseline": "10 users for 30s",
          "breakpoint": "10 to 2000 iterations/s over 10m",
          "smoke": "1 user for 10s",
          "soak": "30 users for 2h",
          "spike": "20 to 500 iterations/s over 2m20s",
          "stress": "50 to 400 iterations/s over 8m",
        }
      `);
  });

  it('give constant users their executor', () => {
    expect(toScenario(load('baseline'))).toEqual({ executor: 'constant-vus', vus: 10, duration: '30s' });
  });

  it('give open models enough users, and no more than asked for', () => {
    expect(toScenario({ kind: 'rate', rate: 100, duration: '1m' })).toMatchObject({
      executor: 'constant-arrival-rate',
      rate: 100,
      timeUnit: '1s',
      preAllocatedVUs: 50,
      maxVUs: 200,
    });
    expect(toScenario({ kind: 'rate', rate: 100, duration: '1m', maxVUs: 20 })).toMatchObject({
      preAllocatedVUs: 20,
      maxVUs: 20,
    });
  });

  it.each([
    [0.5, 5, '10s'],
    [1.25, 75, '60s'],
    [20, 20, '1s'],
    [1 / 3, 20, '60s'],
  ])('spread a rate of %d over a unit that makes it whole', (rate, whole, timeUnit) => {
    expect(toScenario({ kind: 'rate', rate, duration: '1m' })).toMatchObject({ rate: whole, timeUnit });
  });
});

describe('overrides', () => {
  it('change users and duration of a constant load', () => {
    expect(overrideLoad(load('baseline'), { vus: 3, durationMs: 5000 })).toEqual({
      kind: 'users',
      vus: 3,
      duration: '5s',
    });
  });

  it('keep the shape of stages: the highest becomes the target, the sum the duration', () => {
    const spike = overrideLoad(load('spike'), { rate: 50, durationMs: 14_000 });
    expect(spike).toMatchObject({
      kind: 'rate-stages',
      startRate: 2,
      stages: [
        { duration: '3s', target: 2 },
        { duration: '1s', target: 50 },
        { duration: '3s', target: 50 },
        { duration: '1s', target: 2 },
        { duration: '6s', target: 2 },
      ],
    });
    expect(loadDurationMs(spike)).toBe(14_000);
  });

  it('make shared iterations of --iterations, with no more users than iterations', () => {
    expect(overrideLoad(load('baseline'), { iterations: 4 })).toEqual({
      kind: 'iterations',
      vus: 4,
      iterations: 4,
      maxDuration: '10m',
    });
  });

  it('scale the users of stages', () => {
    expect(overrideLoad(load('average'), { vus: 5 })).toMatchObject({
      stages: [{ target: 5 }, { target: 5 }, { target: 0 }],
    });
  });
});

it('plans the mean rate of stages, and none for users', () => {
  expect(plannedRate({ kind: 'rate-stages', startRate: 0, stages: [{ duration: '10s', target: 100 }] })).toBe(50);
  expect(plannedRate({ kind: 'rate', rate: 7, duration: '1s' })).toBe(7);
  expect(plannedRate(load('baseline'))).toBeNull();
});
