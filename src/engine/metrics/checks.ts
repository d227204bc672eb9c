/** Separates the groups of a path, and a check's name from its group's path. */
export const GROUP_SEPARATOR = '::';

interface CheckCounts {
  passes: number;
  fails: number;
}

/** One check's totals under its group's path. */
export interface CheckTotals {
  readonly name: string;
  readonly group: string;
  readonly passes: number;
  readonly fails: number;
}

/** What a thread knows of groups and checks: structured-cloneable, in order of first appearance. */
export interface ChecksState {
  readonly groups: readonly string[];
  readonly checks: readonly CheckTotals[];
}

/** Groups and the outcomes of their checks, in order of first appearance. */
export class CheckTree {
  readonly #groups = new Map<string, Map<string, CheckCounts>>([['', new Map()]]);
  /** The group asked for last, which is nearly always the next one too, and its checks. */
  #lastPath: string | undefined;
  #lastChecks = new Map<string, CheckCounts>();

  group(path: string): void {
    this.#checksOf(path);
  }

  check(group: string, name: string, passed: boolean): void {
    const counts = this.#countsOf(group, name);
    if (passed) counts.passes++;
    else counts.fails++;
  }

  /** Paths of all groups, the root (empty) first, every group after the one that holds it. */
  groups(): readonly string[] {
    return [...this.#groups.keys()];
  }

  checks(group: string): readonly CheckTotals[] {
    return [...(this.#groups.get(group) ?? [])].map(([name, { passes, fails }]) => ({ name, group, passes, fails }));
  }

  state(): ChecksState {
    return { groups: this.groups(), checks: this.groups().flatMap((group) => this.checks(group)) };
  }

  merge(state: ChecksState): void {
    for (const group of state.groups) this.group(group);
    for (const { name, group, passes, fails } of state.checks) {
      const counts = this.#countsOf(group, name);
      counts.passes += passes;
      counts.fails += fails;
    }
  }

  /** Zeroes the counts; names stay, so that the order of appearance is kept. */
  reset(): void {
    for (const checks of this.#groups.values()) {
      for (const counts of checks.values()) {
        counts.passes = 0;
        counts.fails = 0;
      }
    }
  }

  #countsOf(group: string, name: string): CheckCounts {
    if (group !== this.#lastPath) {
      this.#lastChecks = this.#checksOf(group);
      this.#lastPath = group;
    }
    const checks = this.#lastChecks;
    let counts = checks.get(name);
    if (counts === undefined) checks.set(name, (counts = { passes: 0, fails: 0 }));
    return counts;
  }

  #checksOf(path: string): Map<string, CheckCounts> {
    const known = this.#groups.get(path);
    if (known !== undefined) return known;
    const parent = path.lastIndexOf(GROUP_SEPARATOR);
    if (parent > 0) this.#checksOf(path.slice(0, parent));
    const checks = new Map<string, CheckCounts>();
    this.#groups.set(path, checks);
    return checks;
  }
}
