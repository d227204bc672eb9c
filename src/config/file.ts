/** gravl-load.config.ts: found upwards, compiled, evaluated, and checked as a whole. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { build, type BuildFailure, type Plugin } from 'esbuild';
import { z } from 'zod';
import { LoadError, messageOf } from '../errors.ts';
import { nearest } from './nearest.ts';
import { runOptions } from './run-options.ts';
import * as value from './values.ts';

const stage = z.strictObject({ duration: value.durationText, target: value.count(0) });
const stages = z.array(stage).min(1, 'must have at least one stage');
const maxVUs = value.count(1).optional();

const loadSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('users'), vus: value.count(1), duration: value.durationText }),
  z.strictObject({ kind: z.literal('users-stages'), stages }),
  z.strictObject({
    kind: z.literal('iterations'),
    vus: value.count(1),
    iterations: value.count(1),
    maxDuration: value.durationText,
  }),
  z.strictObject({ kind: z.literal('rate'), rate: value.positive, duration: value.durationText, maxVUs }),
  z.strictObject({ kind: z.literal('rate-stages'), startRate: value.count(0), stages, maxVUs }),
]);

const profileSchema = z.strictObject({
  purpose: value.text,
  load: loadSchema,
  think: value.nonNegative,
  scenarios: value.names.optional(),
  abortOnFail: z.boolean().optional(),
});

const environmentSchema = z
  .strictObject({
    baseUrl: value.httpUrl.nullable(),
    metricsUrl: value.httpUrl.nullable(),
    metrics: z.enum(['required', 'optional', 'off']),
    confirm: z.boolean(),
    profiles: value.names.nullable(),
    maxVus: value.count(1).nullable(),
    maxRate: value.positive.nullable(),
    maxRps: value.count(1).nullable(),
    hosts: value.hosts,
  })
  .partial();

const optionShape = Object.fromEntries(
  Object.entries(runOptions)
    .filter(([, spec]) => !('inFile' in spec))
    .map(([key, spec]) => [key, spec.schema.optional()]),
);

const fileSchema = z.strictObject({
  ...optionShape,
  environments: z.record(z.string(), environmentSchema).optional(),
  profiles: z.record(z.string(), profileSchema).optional(),
  thresholds: z.record(z.string(), z.array(value.threshold)).optional(),
  serverThresholds: z.record(z.string(), z.array(value.serverThreshold)).optional(),
});

type Sections = Pick<z.infer<typeof fileSchema>, 'environments' | 'profiles' | 'thresholds' | 'serverThresholds'>;

export interface ConfigFile {
  readonly path: string;
  /** Option values as written; they were checked, and are read like those of flags. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly environments: NonNullable<Sections['environments']>;
  readonly profiles: NonNullable<Sections['profiles']>;
  readonly thresholds: NonNullable<Sections['thresholds']>;
  readonly serverThresholds: NonNullable<Sections['serverThresholds']>;
}

const fileNames = ['gravl-load.config.ts', 'gravl-load.config.js', 'gravl-load.config.mjs'];

/** The nearest file of that kind in `from` or above. */
export function findUp(from: string, names: readonly string[]): string | undefined {
  for (let dir = path.resolve(from); ; dir = path.dirname(dir)) {
    const found = names.map((name) => path.join(dir, name)).find((file) => existsSync(file));
    if (found !== undefined) return found;
    if (path.dirname(dir) === dir) return undefined;
  }
}

/** Reads the config file that applies in `cwd`; undefined when there is none. What is wrong in it is added. */
export async function loadConfigFile(cwd: string, problems: string[]): Promise<ConfigFile | undefined> {
  const file = findUp(cwd, fileNames);
  if (file === undefined) return undefined;
  const raw = await evaluate(file);
  const result = fileSchema.safeParse(raw);
  const shown = path.relative(cwd, file);
  if (!result.success) {
    problems.push(...result.error.issues.flatMap((issue) => describeIssue(shown, issue)));
    return { path: shown, options: {}, environments: {}, profiles: {}, thresholds: {}, serverThresholds: {} };
  }
  const { environments = {}, profiles = {}, thresholds = {}, serverThresholds = {}, ...options } = result.data;
  return { path: shown, options, environments, profiles, thresholds, serverThresholds };
}

/** `import { defineConfig } from 'gravl-load'` works wherever the file lies, installed or not. */
const defineConfigModule: Plugin = {
  name: 'define-config',
  setup(builder) {
    builder.onResolve({ filter: /^gravl-load$/ }, ({ path: id }) => ({ path: id, namespace: 'gravl-load' }));
    builder.onLoad({ filter: /.*/, namespace: 'gravl-load' }, () => ({
      contents: 'export const defineConfig = (config) => config;',
    }));
  },
};

async function evaluate(file: string): Promise<unknown> {
  try {
    const { outputFiles } = await build({
      entryPoints: [file],
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      write: false,
      logLevel: 'silent',
      plugins: [defineConfigModule],
    });
    const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
    const module: unknown = await import(`data:text/javascript;base64,${code}`);
    if (typeof module === 'object' && module !== null && 'default' in module) return module.default;
  } catch (error) {
    throw new LoadError('config.unreadable', `${file}: ${compileMessage(error) ?? messageOf(error)}`, { cause: error });
  }
  throw new LoadError('config.unreadable', `${file}: has no default export`);
}

function compileMessage(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('errors' in error)) return undefined;
  const [first] = (error as BuildFailure).errors;
  if (first === undefined) return undefined;
  return first.location === null ? first.text : `line ${first.location.line}: ${first.text}`;
}

function describeIssue(file: string, issue: z.core.$ZodIssue): string[] {
  const where = [file, issue.path.map(String).join('.')].filter((part) => part !== '').join(': ');
  if (issue.code !== 'unrecognized_keys') return [`${where}: ${issue.message}`];
  const known = knownKeys(issue.path);
  return issue.keys.map((key) => {
    const near = nearest(key, known);
    return `${where}: unknown key "${key}"${near === undefined ? '' : `; did you mean "${near}"?`}`;
  });
}

function knownKeys(at: readonly PropertyKey[]): string[] {
  if (at.length === 0) return Object.keys(fileSchema.shape);
  if (at[0] === 'environments') return Object.keys(environmentSchema.shape);
  if (at[0] === 'profiles' && at.length === 2) return Object.keys(profileSchema.shape);
  return [...new Set(loadSchema.options.flatMap((branch) => Object.keys(branch.shape)))];
}
