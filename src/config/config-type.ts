/** What gravl-load.config.ts may say, as a type; its keys are those of the run options and of the file's schema. */
import type { Profile } from '../suite/profiles.ts';
import type { Environment } from './environments.ts';
import type { OptionSpec } from './options.ts';
import type { runOptions } from './run-options.ts';

type RunOptions = typeof runOptions;
type FileKey = {
  [K in keyof RunOptions]: RunOptions[K] extends { readonly inFile: false } ? never : K;
}[keyof RunOptions];

/** A file may write numbers and durations as texts (`'30s'`), and lists as one text with commas. */
type Written<T> = T extends number ? number | string : T extends readonly string[] ? T | string : T;

type Options = {
  readonly [K in FileKey]?: RunOptions[K] extends OptionSpec<infer T> ? Written<NonNullable<T>> : never;
};

type Thresholds = Readonly<Record<string, readonly string[]>>;

export interface Config extends Options {
  /** Changes of environments, and further ones. */
  readonly environments?: Readonly<Record<string, Partial<Environment>>>;
  /** Further profiles, or others of the same name. */
  readonly profiles?: Readonly<Record<string, Profile>>;
  /** Metric, or metric{tag:value}, → expressions that must all hold; over those of every run. */
  readonly thresholds?: Thresholds;
  /** The same for metrics of the target: `{ process_resident_memory_bytes: ['growth<0.2'] }`. */
  readonly serverThresholds?: Thresholds;
}
