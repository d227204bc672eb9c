/** Request bodies: what a script may pass, and what is sent for it. */
import { utf8Encode } from '../bytes.ts';
import { encodeForm } from '../html/url.ts';
import { RequestFailure } from './failure.ts';
import { FileData } from './file.ts';

export interface EncodedBody {
  readonly data: string | Uint8Array | undefined;
  /** Content-Type that goes with it unless the script gives one; empty: none. */
  readonly contentType: string;
}

const NOTHING: EncodedBody = { data: undefined, contentType: '' };

/** Throws a {@link RequestFailure}. */
export function encodeBody(body: unknown): EncodedBody {
  if (typeof body === 'string') return { data: body, contentType: '' };
  if (body === undefined || body === null) return NOTHING;
  if (typeof body !== 'object') throw new RequestFailure(`unknown request body type ${goType(body)}`);
  const bytes = bytesOf(body);
  if (bytes !== undefined) return { data: bytes, contentType: '' };
  if (Array.isArray(body)) throw new RequestFailure('unknown request body type []interface {}');
  const fields = Object.entries(body);
  if (fields.some(([, value]) => value instanceof FileData)) return multipart(fields);
  return { data: encodeForm(formPairs(fields)), contentType: 'application/x-www-form-urlencoded' };
}

/** A copy of what an ArrayBuffer or a view of one holds; undefined for anything else. */
export function bytesOf(value: object): Uint8Array<ArrayBuffer> | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  return value instanceof ArrayBuffer ? new Uint8Array(value).slice() : undefined;
}

function formPairs(fields: readonly (readonly [string, unknown])[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (const [name, value] of fields) {
    if (Array.isArray(value)) for (const item of value as unknown[]) pairs.push([name, goText(item)]);
    else pairs.push([name, goText(value)]);
  }
  return pairs;
}

function multipart(fields: readonly (readonly [string, unknown])[]): EncodedBody {
  const boundary = Array.from({ length: 30 }, () =>
    Math.floor(Math.random() * 256)
      .toString(16)
      .padStart(2, '0'),
  ).join('');
  const parts: (string | Uint8Array)[] = [];
  for (const [name, value] of fields) {
    parts.push(`--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"`);
    if (value instanceof FileData) {
      parts.push(`; filename="${quoted(value.filename)}"\r\nContent-Type: ${value.content_type}\r\n\r\n`);
      const { data } = value;
      parts.push(typeof data === 'string' ? data : (bytesOf(data as object) ?? goText(data)));
    } else parts.push(`\r\n\r\n${goText(value)}`);
    parts.push('\r\n');
  }
  parts.push(`--${boundary}--\r\n`);
  return { data: join(parts), contentType: `multipart/form-data; boundary=${boundary}` };
}

/** Text stays text; with bytes among the parts the whole becomes bytes. */
function join(parts: readonly (string | Uint8Array)[]): string | Uint8Array {
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  const encoded = parts.map((part) => (typeof part === 'string' ? utf8Encode(part) : part));
  const whole = new Uint8Array(encoded.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of encoded) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function quoted(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

/** As Go's fmt prints the exported value. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${entries.map(([key, item]) => `${key}:${goText(item)}`).join(' ')}]`;
  }
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- whatever it is, the script's own text is what counts
  return String(value);
}

function goType(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'bigint' ? '*big.Int' : 'func(sobek.FunctionCall) sobek.Value';
}
