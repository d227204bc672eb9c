/** Protocol buffer messages as JSON, after the ProtoJSON mapping: what scripts write and read. */
import type protobuf from 'protobufjs';
import { protobufPackage } from './packages.ts';

const WRAPPERS = new Set(
  ['Double', 'Float', 'Int64', 'UInt64', 'Int32', 'UInt32', 'Bool', 'String', 'Bytes'].map(
    (name) => `.google.protobuf.${name}Value`,
  ),
);
const INT64 = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']);
type Fields = Readonly<Record<string, unknown>>;

const jsonName = (name: string) => name.replace(/_([a-z0-9])/gi, (_, char: string) => char.toUpperCase());

function timestampOf(text: string): Fields {
  const match = /^(.*?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const ms = match ? Date.parse(`${match[1] ?? ''}${match[3] ?? ''}`) : Number.NaN;
  if (Number.isNaN(ms)) throw new TypeError(`"${text}" is not a timestamp`);
  return { seconds: Math.floor(ms / 1000), nanos: Number((match?.[2] ?? '').padEnd(9, '0')) };
}

function durationOf(text: string): Fields {
  const match = /^(-?)(\d+)(?:\.(\d{1,9}))?s$/.exec(text);
  if (!match) throw new TypeError(`"${text}" is not a duration such as "1.5s"`);
  const sign = match[1] === '-' ? -1 : 1;
  return { seconds: sign * Number(match[2]), nanos: sign * Number((match[3] ?? '').padEnd(9, '0')) || 0 };
}

const fraction = (nanos: number) =>
  nanos === 0
    ? ''
    : `.${String(Math.abs(nanos))
        .padStart(9, '0')
        .replace(/(?:000){1,2}$/, '')}`;

function timestampText({ seconds, nanos }: { seconds: unknown; nanos: number }): string {
  return new Date(Number(seconds) * 1000).toISOString().replace('.000Z', `${fraction(nanos)}Z`);
}

function durationText({ seconds, nanos }: { seconds: unknown; nanos: number }): string {
  const whole = Number(seconds);
  return `${whole === 0 && nanos < 0 ? '-0' : String(whole)}${fraction(nanos)}s`;
}

function fromValue(field: protobuf.Field, value: unknown): unknown {
  const type = field.resolvedType;
  if (type instanceof protobufPackage().Type) return fromJson(type, value);
  if (type instanceof protobufPackage().Enum && typeof value === 'string' && !(value in type.values)) {
    throw new TypeError(`"${value}" is not a value of ${type.fullName.slice(1)}`);
  }
  return value;
}

/** A value of the script as something `Type.fromObject` takes. Throws a TypeError for what does not fit. */
export function fromJson(type: protobuf.Type, value: unknown): object {
  if (WRAPPERS.has(type.fullName)) return { value };
  if (type.fullName === '.google.protobuf.Timestamp' && typeof value === 'string') return timestampOf(value);
  if (type.fullName === '.google.protobuf.Duration' && typeof value === 'string') return durationOf(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${type.fullName.slice(1)} must be an object`);
  }
  const result: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value as Fields)) {
    const field = type.fieldsArray.find(({ name }) => name === key || jsonName(name) === key);
    if (!field) throw new TypeError(`${type.fullName.slice(1)} has no field "${key}"`);
    if (item == null) continue;
    field.resolve();
    if (field.repeated) {
      if (!Array.isArray(item)) throw new TypeError(`the field "${key}" must be an array`);
      result[field.name] = item.map((one) => fromValue(field, one));
    } else if (field.map) {
      result[field.name] = Object.fromEntries(
        Object.entries(item as Fields).map(([name, one]) => [name, fromValue(field, one)]),
      );
    } else {
      result[field.name] = fromValue(field, item);
    }
  }
  return result;
}

function toValue(field: protobuf.Field, value: unknown): unknown {
  const type = field.resolvedType;
  if (type instanceof protobufPackage().Type) return value == null ? null : toJson(type, value as Fields);
  if (type instanceof protobufPackage().Enum) return type.valuesById[value as number] ?? value;
  if (INT64.has(field.type)) return String(value);
  if (field.type === 'bytes') return Buffer.from(value as Uint8Array).toString('base64');
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** Unset fields appear with their default, members of a oneof only when set. */
export function toJson(type: protobuf.Type, message: Fields): unknown {
  if (WRAPPERS.has(type.fullName)) {
    const field = type.fields['value'];
    return field ? toValue(field.resolve(), message['value']) : null;
  }
  if (type.fullName === '.google.protobuf.Timestamp')
    return timestampText(message as { seconds: unknown; nanos: number });
  if (type.fullName === '.google.protobuf.Duration')
    return durationText(message as { seconds: unknown; nanos: number });
  const result: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    field.resolve();
    const value = message[field.name];
    if (field.partOf && !Object.hasOwn(message, field.name)) continue;
    if (field.repeated) result[jsonName(field.name)] = ((value ?? []) as unknown[]).map((one) => toValue(field, one));
    else if (field.map) {
      const entries = Object.entries((value ?? {}) as Fields).map(([name, one]) => [name, toValue(field, one)]);
      result[jsonName(field.name)] = Object.fromEntries(entries) as unknown;
    } else result[jsonName(field.name)] = toValue(field, value);
  }
  return result;
}
