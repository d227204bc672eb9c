import type { TagSet } from '../contracts/metrics.ts';

/** A metric, or the part of it whose samples carry certain tags: `http_req_duration{name:list}`. */
export interface SeriesSelector {
  /** As the summary shows it: `metric`, or `metric{tags}` without space at the braces. */
  readonly name: string;
  readonly metric: string;
  readonly tags: readonly (readonly [key: string, value: string])[];
}

export type ParsedSelector =
  { readonly ok: true; readonly selector: SeriesSelector } | { readonly ok: false; readonly reason: string };

function unquote(text: string): string {
  return text.trim().replace(/^["']+|["']+$/g, '');
}

/** Reads a threshold's key: `metric` or `metric{key:value,…}`. */
export function parseSelector(text: string): ParsedSelector {
  const open = text.indexOf('{');
  if (open === -1) {
    if (text.includes('}')) return { ok: false, reason: `missing opening bracket in "${text}"` };
    return { ok: true, selector: { name: text, metric: text, tags: [] } };
  }
  if (!text.endsWith('}')) return { ok: false, reason: `missing closing bracket at the end of "${text}"` };
  const metric = text.slice(0, open);
  const inner = text.slice(open + 1, -1).trim();
  if (inner === '') return { ok: false, reason: `no tags between the brackets of "${text}"` };
  const tags = inner.split(',').map((part): readonly [string, string] => {
    const colon = part.indexOf(':');
    return colon === -1 ? [unquote(part), ''] : [unquote(part.slice(0, colon)), unquote(part.slice(colon + 1))];
  });
  return { ok: true, selector: { name: `${metric}{${inner}}`, metric, tags } };
}

/** Whether a sample with these tags belongs to the series. */
export function selects(selector: SeriesSelector, tags: TagSet): boolean {
  return selector.tags.every(([key, value]) => tags.get(key) === value);
}
