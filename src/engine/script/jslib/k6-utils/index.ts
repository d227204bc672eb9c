/** The functions of https://jslib.k6.io/k6-utils, by its public documentation. Runs inside scripts. */
import { check as k6Check } from 'k6';
import exec from 'k6/execution';
import { currentStage } from './stages.ts';

export { normalDistributionStages, parseDuration } from './stages.ts';

/** A whole number between both bounds, which are included. */
export function randomIntBetween(min: number, max: number): number {
  return Math.floor(Math.random() * (max - min + 1)) + min;
}

export function randomItem<T>(items: ArrayLike<T>): T | undefined {
  return items[Math.floor(Math.random() * items.length)];
}

export function randomString(length: number, charset = 'abcdefghijklmnopqrstuvwxyz'): string {
  let text = '';
  for (let i = 0; i < length; i++) text += charset.charAt(Math.floor(Math.random() * charset.length));
  return text;
}

/** @param secure takes the bits from the crypto object instead of Math.random */
export function uuidv4(secure = false): string {
  if (secure) return crypto.randomUUID();
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (place) => {
    const digit = Math.floor(Math.random() * 16);
    return (place === 'x' ? digit : (digit & 0x3) | 0x8).toString(16);
  });
}

/** What stands between two texts: the first find, or all of them with `repeat`; null when there is none. */
export function findBetween(content: string, left: string, right: string, repeat?: false): string | null;
export function findBetween(content: string, left: string, right: string, repeat: true): string[] | null;
export function findBetween(content: string, left: string, right: string, repeat = false): string | string[] | null {
  const found: string[] = [];
  for (let from = 0; ;) {
    const start = content.indexOf(left, from);
    const end = start < 0 ? -1 : content.indexOf(right, start + left.length);
    if (end < 0) break;
    const text = content.slice(start + left.length, end);
    if (!repeat) return text;
    found.push(text);
    from = end + right.length;
  }
  return found.length > 0 ? found : null;
}

export function getCurrentStageIndex(): number {
  return currentStage().index;
}

/** Tags everything the iteration measures with `stage`: the index of the running stage. */
export function tagWithCurrentStageIndex(): void {
  exec.vu.metrics.tags['stage'] = getCurrentStageIndex();
}

/** Tags everything the iteration measures with `stage_profile`: `ramp-up`, `steady` or `ramp-down`. */
export function tagWithCurrentStageProfile(): void {
  exec.vu.metrics.tags['stage_profile'] = currentStage().profile;
}

type Condition = ((value: unknown) => unknown) | boolean;

/** k6's check, also for conditions that are asynchronous: then a promise of the result. */
export function check(
  value: unknown,
  conditions: Readonly<Record<string, Condition>>,
  tags: Record<string, string> = {},
): boolean | Promise<boolean> {
  const results = Object.entries(conditions).map(
    ([name, condition]) => [name, typeof condition === 'function' ? condition(value) : condition] as const,
  );
  const isPromise = (result: unknown): boolean => typeof (result as { then?: unknown } | null)?.then === 'function';
  const pending = results.find(([, result]) => isPromise(result))?.[1] as Promise<unknown> | undefined;
  if (!pending) return k6Check(value, constants(results), tags);
  // Naming Promise, or an async function, would keep every script that imports this module from the fast strategy.
  const all = (pending.constructor as PromiseConstructor).all(results.map(([, result]) => result));
  return all.then((settled) => k6Check(value, constants(results.map(([name], i) => [name, settled[i]])), tags));
}

function constants(results: readonly (readonly [string, unknown])[]): Record<string, () => boolean> {
  return Object.fromEntries(results.map(([name, result]) => [name, () => Boolean(result)]));
}
