/** What the tests use of the conformance runner. */
export interface Observed {
  readonly cmp: unknown;
  readonly obs: unknown;
}
export function observe(dir: string, prefix: readonly string[], keep: boolean): Promise<Observed>;
export function compare(cmp: unknown, want: unknown, got: unknown): string[];
