import { base64Encode } from '../modules/bytes.ts';

/**
 * What a function of the script returned, as the JSON text k6 hands on: like JSON.stringify, but `undefined` and
 * functions become null also as object members, and a date's zero fraction of a second is left out.
 * @param bytes an ArrayBuffer becomes `{ $bytes: base64 }`, as handleSummary may return it
 */
export function exportJson(value: unknown, bytes = false): string | undefined {
  if (value === undefined) return undefined;
  return JSON.stringify(value, function (this: Record<string, unknown>, key, shown: unknown) {
    if (this[key] instanceof Date && typeof shown === 'string') return shown.replace(/\.?0*Z$/, 'Z');
    if (bytes && shown instanceof ArrayBuffer) return { $bytes: base64Encode(new Uint8Array(shown), 'std') };
    if (shown === undefined || typeof shown === 'function' || typeof shown === 'symbol') return null;
    return shown;
  });
}
