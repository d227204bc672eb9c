import type { TagSet } from '../contracts/metrics.ts';

/** Adds those of the values that the run's system tags ask for. */
export function withSystemTags(
  tags: TagSet,
  wanted: readonly string[],
  values: Readonly<Record<string, string>>,
): TagSet {
  let result = tags;
  for (const key of wanted) {
    const value = values[key];
    if (value !== undefined) result = result.with(key, value);
  }
  return result;
}
