import { describe, expect, it } from 'vitest';
import { holds, parseThreshold, unsupported } from '../../../../src/engine/metrics/thresholds/parse.ts';

function parse(source: string): unknown {
  const parsed = parseThreshold(source);
  if (!parsed.ok) return parsed.reason;
  const { aggregation, operator, limit } = parsed.expression;
  return [aggregation, operator, limit];
}

describe('parseThreshold', () => {
  it.each([
    ['p(95)<200', ['p(95)', '<', 200]],
    ['rate > 0.7', ['rate', '>', 0.7]],
    ['max===8', ['max', '===', 8]],
    ['min!=0', ['min', '!=', 0]],
    ['p(99.99)<=9e3', ['p(99.99)', '<=', 9000]],
    ['count>=-.5', ['count', '>=', -0.5]],
    [' avg == +Inf ', ['avg', '==', Infinity]],
    ['value==1', ['value', '==', 1]],
  ])('reads %s', (source, expected) => {
    expect(parse(source)).toEqual(expected);
  });

  it('words a bad right-hand side as k6 does', () => {
    expect(parse('p(95)<<200')).toBe(
      'failed parsing threshold expresion\'s "p(95)<<200" right hand side; reason: strconv.ParseFloat: parsing "<200": invalid syntax',
    );
  });

  it.each(['p(95)', '', '<5', 'p95<5', 'p(101)<5', 'mean<5', 'avg<', 'avg<5ms', 'avg=5', 'avg<0x'])(
    'refuses %j',
    (source) => {
      expect(parseThreshold(source).ok).toBe(false);
    },
  );
});

describe('unsupported', () => {
  it('names the aggregations the type has', () => {
    const parsed = parseThreshold('rate<0.1');
    if (!parsed.ok) throw new Error(parsed.reason);
    expect(unsupported(parsed.expression, 'trend')).toBe(
      'unsupported aggregation method rate on metric of type trend. supported aggregation methods for this metric are: avg, min, max, med, p',
    );
    expect(unsupported(parsed.expression, 'counter')).toBeUndefined();
    expect(unsupported(parsed.expression, 'rate')).toBeUndefined();
    expect(unsupported(parsed.expression, 'gauge')).toContain('are: value');
  });
});

describe('holds', () => {
  it('compares as the operator says', () => {
    const operators = ['<', '<=', '>', '>=', '==', '===', '!='] as const;
    const judge = (value: number): boolean[] => operators.map((operator) => holds(value, operator, 5));
    expect(judge(4)).toEqual([true, true, false, false, false, false, true]);
    expect(judge(5)).toEqual([false, true, false, true, true, true, false]);
    expect(judge(6)).toEqual([false, false, true, true, false, false, true]);
  });
});
