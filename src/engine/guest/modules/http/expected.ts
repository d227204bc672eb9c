/** `http.expectedStatuses`: which statuses count as expected. */

export class ExpectedStatuses {
  /** Pairs of inclusive bounds. */
  readonly #ranges: readonly number[];

  constructor(ranges: readonly number[]) {
    this.#ranges = ranges;
  }

  static ranges(value: unknown): readonly number[] | undefined {
    return typeof value === 'object' && value !== null && #ranges in value ? value.#ranges : undefined;
  }
}
Object.defineProperty(ExpectedStatuses.prototype, 'constructor', { value: Object, writable: true, configurable: true });

/** What holds until the script says otherwise. */
export const DEFAULT_EXPECTED: readonly number[] = [200, 399];

export function expectedStatuses(args: readonly unknown[]): ExpectedStatuses {
  if (args.length === 0) throw new Error('no arguments');
  const ranges: number[] = [];
  for (const [index, arg] of args.entries()) {
    if (isStatus(arg)) {
      ranges.push(arg, arg);
      continue;
    }
    const { min, max } = Object(arg) as { readonly min?: unknown; readonly max?: unknown };
    if (!isStatus(min) || !isStatus(max)) {
      throw new Error(
        `argument number ${index + 1} to expectedStatuses was neither an integer nor an object like {min:100, max:329}`,
      );
    }
    ranges.push(min, max);
  }
  return new ExpectedStatuses(ranges);
}

/** The ranges of a response callback; null for none at all. */
export function callbackRanges(value: unknown): readonly number[] | null {
  if (value === null) return null;
  const ranges = ExpectedStatuses.ranges(value);
  if (ranges === undefined) throw new Error('unsupported argument, expected http.expectedStatuses');
  return ranges;
}

function isStatus(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value);
}
