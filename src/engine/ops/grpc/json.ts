/** Protocol buffer messages as JSON, after the ProtoJSON mapping: what scripts write and read. */
import type protobuf from 'protobufjs';
import { protobufPackage, protojsonPackage } from '../packages.ts';

const WRAPPERS = ['Double', 'Float', 'Int64', 'UInt64', 'Int32', 'UInt32', 'Bool', 'String', 'Bytes'];
const OTHERS = ['Any', 'Duration', 'FieldMask', 'ListValue', 'Struct', 'Timestamp', 'Value'];
/** Types with a JSON form of their own. */
const SPECIAL = new Set(
  [...WRAPPERS.map((name) => `${name}Value`), ...OTHERS].map((name) => `.google.protobuf.${name}`),
);
const INT64 = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']);
type Fields = Readonly<Record<string, unknown>>;

/** Throws an Error for what does not fit the type. */
export function fromJson(type: protobuf.Type, json: string): protobuf.Message {
  return protojsonPackage().fromJsonString(type, json);
}

function toValue(field: protobuf.Field, value: unknown): unknown {
  const type = field.resolvedType;
  if (type instanceof protobufPackage().Type) return value == null ? null : toJson(type, value as Fields);
  if (type instanceof protobufPackage().Enum) {
    return type.fullName === '.google.protobuf.NullValue' ? null : (type.valuesById[value as number] ?? value);
  }
  if (INT64.has(field.type)) return String(value);
  if (field.type === 'bytes') return Buffer.from(value as Uint8Array).toString('base64');
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** Unset fields appear with their default, members of a oneof and optional ones only when set. */
export function toJson(type: protobuf.Type, message: Fields): unknown {
  if (SPECIAL.has(type.fullName)) return protojsonPackage().toJson(type, message) as unknown;
  const result: Record<string, unknown> = {};
  for (const field of type.fieldsArray) {
    field.resolve();
    const value = message[field.name];
    const set = Object.hasOwn(message, field.name);
    if (field.partOf && !set) continue;
    const { jsonName: name } = field;
    if (field.repeated) result[name] = ((value ?? []) as unknown[]).map((one) => toValue(field, one));
    else if (field.map) {
      const entries = Object.entries((value ?? {}) as Fields).map(([key, one]) => [key, toValue(field, one)]);
      result[name] = Object.fromEntries(entries) as unknown;
    } else result[name] = field.hasPresence && !set ? null : toValue(field, value);
  }
  return result;
}
