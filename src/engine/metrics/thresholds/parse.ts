import type { MetricType } from '../../contracts/metrics.ts';
import { parsePercentile } from '../sinks.ts';

export type Operator = '<' | '<=' | '>' | '>=' | '==' | '===' | '!=';

/** `p(95)<200` taken apart. */
export interface ThresholdExpression {
  readonly source: string;
  /** `avg`, `rate` …, or `p(95)` as written. */
  readonly aggregation: string;
  readonly operator: Operator;
  readonly limit: number;
}

export type ParsedThreshold =
  { readonly ok: true; readonly expression: ThresholdExpression } | { readonly ok: false; readonly reason: string };

const AGGREGATIONS: readonly string[] = ['avg', 'min', 'max', 'med', 'count', 'rate', 'value'];
/** A decimal or hexadecimal number as Go's strconv reads it, so that what k6 accepts is accepted. */
const NUMBER = /^[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf(?:inity)?|nan)$/i;

function parseNumber(text: string): number | undefined {
  if (!NUMBER.test(text)) return undefined;
  const word = text.replace(/^[+-]/, '').toLowerCase();
  if (word === 'nan') return NaN;
  if (word.startsWith('inf')) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}

/** Reads a threshold expression; the reason of a refusal is worded as k6 words it. */
export function parseThreshold(source: string): ParsedThreshold {
  const match = /^([^<>=!]*)(<=|>=|===|==|!=|<|>)(.*)$/s.exec(source);
  if (match === null) {
    return {
      ok: false,
      reason: `malformed threshold expression "${source}"; expected an aggregation, an operator (<, <=, >, >=, ==, ===, !=) and a number, as in "p(95)<200"`,
    };
  }
  const aggregation = (match[1] ?? '').trim();
  const right = (match[3] ?? '').trim();
  if (!AGGREGATIONS.includes(aggregation) && parsePercentile(aggregation) === undefined) {
    return {
      ok: false,
      reason: `failed parsing threshold expression's "${source}" left hand side; reason: unable to parse aggregation method "${aggregation}"; expected one of ${AGGREGATIONS.join(', ')}, p(N)`,
    };
  }
  const limit = parseNumber(right);
  if (limit === undefined) {
    return {
      ok: false,
      reason: `failed parsing threshold expresion's "${source}" right hand side; reason: strconv.ParseFloat: parsing "${right}": invalid syntax`,
    };
  }
  return { ok: true, expression: { source, aggregation, operator: match[2] as Operator, limit } };
}

const SUPPORTED: Readonly<Record<MetricType, readonly string[]>> = {
  counter: ['count', 'rate'],
  gauge: ['value'],
  rate: ['rate'],
  trend: ['avg', 'min', 'max', 'med', 'p'],
};

/** Why the expression cannot judge a metric of this type; `undefined` when it can. */
export function unsupported(expression: ThresholdExpression, type: MetricType): string | undefined {
  const method = expression.aggregation.startsWith('p(') ? 'p' : expression.aggregation;
  const supported = SUPPORTED[type];
  if (supported.includes(method)) return undefined;
  return `unsupported aggregation method ${method} on metric of type ${type}. supported aggregation methods for this metric are: ${supported.join(', ')}`;
}

export function holds(value: number, operator: Operator, limit: number): boolean {
  switch (operator) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '==':
    case '===':
      return value === limit;
    case '!=':
      return value !== limit;
  }
}
