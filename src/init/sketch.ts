/** What a scenario is made from: the requests of one path, wherever they were learnt. */
import type { FieldKind } from '../suite/shapes.ts';

/** Shape of a JSON value at the top: enough for a check that tells a right answer from a wrong one. */
export interface BodyShape {
  /** The value as a TypeScript type. */
  readonly type: string;
  /** `array`, or the fields an object must have and what `typeof` says of them. */
  readonly fields: 'array' | Readonly<Record<string, FieldKind>>;
}

export interface RequestSketch {
  readonly method: string;
  /** `/api/exercises/{id}`: names in braces stand for values. */
  readonly path: string;
  /** Values of each name of the path, taken in turns. */
  readonly pathValues: Readonly<Record<string, readonly string[]>>;
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly status: number;
  readonly contentType: string | undefined;
  readonly shape: BodyShape | undefined;
  /** What has to be looked at before the scenario is used. */
  readonly notes: readonly string[];
}

export interface Sketches {
  readonly requests: readonly RequestSketch[];
  /** What was left out, and why; for the user. */
  readonly leftOut: readonly string[];
}

/** Requests by path, in the order they came. */
export function byPath(requests: readonly RequestSketch[]): Map<string, RequestSketch[]> {
  const groups = new Map<string, RequestSketch[]>();
  for (const request of requests) {
    const group = groups.get(request.path);
    if (group === undefined) groups.set(request.path, [request]);
    else group.push(request);
  }
  return groups;
}

/** `/api/exercises/{id}` → `api-exercises-id`: a file name, a tag and, in camel case, an identifier. */
export function slugOf(path: string): string {
  const slug = path
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  if (slug === '') return 'root';
  // `load` is the script that holds them all.
  return slug === 'load' || /^\d/.test(slug) ? `path-${slug}` : slug;
}

export const camelCase = (slug: string): string => slug.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
