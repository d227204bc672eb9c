/** From a JSON Schema (dereferenced) or from an example to the shape a scenario checks. */
import type { FieldKind } from '../suite/shapes.ts';
import { key, literal } from './literal.ts';
import type { BodyShape } from './sketch.ts';

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly nullable?: boolean;
  readonly $ref?: string;
}

/** Deeper levels are `unknown`: nobody reads them, and a schema may contain itself. */
const deepest = 4;

export function shapeOfSchema(schema: unknown): BodyShape | undefined {
  const merged = mergeAll(schema as Schema);
  if (kindOf(merged) === 'array') return { type: typeText(merged), fields: 'array' };
  if (kindOf(merged) !== 'object') return undefined;
  const required = (merged.required ?? []).flatMap((name) => {
    const property = merged.properties?.[name];
    const kind = property === undefined || property.nullable === true ? undefined : kindOf(mergeAll(property));
    return kind === undefined ? [] : [[name, kind] as const];
  });
  return { type: typeText(merged), fields: Object.fromEntries(required) };
}

export const shapeOfExample = (value: unknown): BodyShape | undefined => shapeOfSchema(schemaOf(value, 0));

function schemaOf(value: unknown, depth: number): Schema {
  if (Array.isArray(value))
    return { type: 'array', ...(depth < deepest ? { items: schemaOf(value[0], depth + 1) } : {}) };
  if (typeof value !== 'object' || value === null) return value === null ? {} : { type: typeof value };
  if (depth >= deepest) return { type: 'object' };
  const properties = Object.fromEntries(Object.entries(value).map(([name, item]) => [name, schemaOf(item, depth + 1)]));
  const present = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return { type: 'object', properties, required: present.map(([name]) => name) };
}

function mergeAll(schema: Schema): Schema {
  return (schema.allOf ?? []).map(mergeAll).reduce<Schema>(
    (sum, part) => ({
      ...sum,
      ...part,
      properties: { ...sum.properties, ...part.properties },
      required: [...(sum.required ?? []), ...(part.required ?? [])],
    }),
    schema,
  );
}

/** Undefined where a value may be of several kinds. */
function kindOf(schema: Schema): FieldKind | undefined {
  const { type, properties, items } = schema;
  if (typeof type !== 'string') {
    if (type !== undefined) return undefined;
    if (properties !== undefined) return 'object';
    return items === undefined ? undefined : 'array';
  }
  if (type === 'integer') return 'number';
  const kinds: readonly string[] = ['string', 'number', 'boolean', 'object', 'array'] satisfies FieldKind[];
  return kinds.includes(type) ? (type as FieldKind) : undefined;
}

/** @param level indentation of the line it stands in */
function typeText(given: Schema, depth = 0, level = 0): string {
  const schema = mergeAll(given);
  if (depth > deepest || schema.$ref !== undefined) return 'unknown';
  const below = (part: Schema): string => typeText(part, depth + 1, level);
  const nullable = schema.nullable === true ? ' | null' : '';
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return unite(choices.map(below)) + nullable;
  if (schema.enum !== undefined) return unite(schema.enum.map(literal)) + nullable;
  if (Array.isArray(schema.type)) {
    return unite(schema.type.map((type: string) => (type === 'null' ? 'null' : below({ ...schema, type }))));
  }
  const kind = kindOf(schema);
  if (kind === 'array') return `readonly ${parenthesised(below(schema.items ?? {}))}[]${nullable}`;
  if (kind === 'object') return objectText(schema, depth, level) + nullable;
  return (kind ?? 'unknown') + nullable;
}

function objectText({ properties = {}, required = [] }: Schema, depth: number, level: number): string {
  const fields = Object.entries(properties).map(([name, property]) => {
    const optional = required.includes(name) ? '' : '?';
    return `${indent(level + 1)}readonly ${key(name)}${optional}: ${typeText(property, depth + 1, level + 1)};`;
  });
  return fields.length === 0 ? 'Readonly<Record<string, unknown>>' : `{\n${fields.join('\n')}\n${indent(level)}}`;
}

const indent = (level: number): string => '  '.repeat(level);

const unite = (texts: readonly string[]): string => {
  const distinct = [...new Set(texts)];
  return distinct.length === 0 || distinct.includes('unknown') ? 'unknown' : distinct.join(' | ');
};

const parenthesised = (text: string): string =>
  / \| |^readonly /.test(text) && !text.startsWith('{') ? `(${text})` : text;
