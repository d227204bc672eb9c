/** Shapes of Gravl's answers, as predicates for checks. */

export interface Exercise {
  readonly id: string | number;
  readonly name: string;
  readonly muscle: string;
  readonly equipment: string;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

export const isExercise = (value: unknown): value is Exercise =>
  isRecord(value) &&
  (typeof value['id'] === 'string' || typeof value['id'] === 'number') &&
  typeof value['name'] === 'string' &&
  typeof value['muscle'] === 'string' &&
  typeof value['equipment'] === 'string';

export type FieldKind = 'string' | 'number' | 'boolean' | 'object' | 'array';

/** Is it an object that has these fields, each of that kind? */
export const hasFields = (value: unknown, fields: Readonly<Record<string, FieldKind>>): boolean =>
  isRecord(value) &&
  Object.entries(fields).every(([name, kind]) => {
    const field = value[name];
    return kind === 'array' ? Array.isArray(field) : typeof field === kind && field !== null;
  });

/** The exercises of a list answer, `{ items: [...] }` or a bare list; undefined when the shape is wrong. */
export function exercisesOf(body: unknown): readonly Exercise[] | undefined {
  const items = isRecord(body) && !Array.isArray(body) ? body['items'] : body;
  return Array.isArray(items) && items.every(isExercise) ? items : undefined;
}

export const isHealthy = (body: unknown): boolean =>
  isRecord(body) &&
  body['status'] === 'ok' &&
  typeof body['uptime'] === 'number' &&
  typeof body['version'] === 'string';

/** Prometheus text in which every line is a comment or a sample. */
export function isPrometheusText(text: unknown): text is string {
  if (typeof text !== 'string' || text === '') return false;
  const sample = /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? (nan|[+-]?(inf|\d[\d.e+-]*))( -?\d+)?$/i;
  return text.split('\n').every((line) => line === '' || line.startsWith('#') || sample.test(line));
}
