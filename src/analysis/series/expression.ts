/** Threshold expressions, `p(95)<200` or `growth<0.2`, for what the engine does not evaluate itself. */

export interface Expression {
  /** `p(95)`, `med`, `rate`, `growth` … */
  readonly aggregation: string;
  readonly limit: number;
  readonly holds: (value: number) => boolean;
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '===': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '!==': (a, b) => a !== b,
};

/** Undefined when it is none. */
export function parseExpression(text: string): Expression | undefined {
  const [, aggregation, operator, limit] =
    /^\s*([a-z]+(?:\(\d+(?:\.\d+)?\))?)\s*(<=?|>=?|={2,3}|!==?)\s*(-?[\d.]+(?:e\d+)?)\s*$/i.exec(text) ?? [];
  const compare = comparisons[operator ?? ''];
  if (aggregation === undefined || compare === undefined || limit === undefined) return undefined;
  return { aggregation, limit: Number(limit), holds: (value) => compare(value, Number(limit)) };
}

/** 0.95 of `p(95)`, 0.5 of `med`; undefined of others. */
export function quantileOf(aggregation: string): number | undefined {
  if (aggregation === 'med') return 0.5;
  const percent = /^p\(([\d.]+)\)$/.exec(aggregation)?.[1];
  return percent === undefined ? undefined : Number(percent) / 100;
}
