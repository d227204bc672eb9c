/** `gravl-load compare` */
import path from 'node:path';
import { comparisonExitCode, compareWithBaseline, type Candidate } from '../analysis/compare/release.ts';
import type { BaselineComparison } from '../analysis/compare/types.ts';
import { option, readOptionsOrThrow } from '../config/options.ts';
import { runOptions } from '../config/run-options.ts';
import * as value from '../config/values.ts';
import { LoadError } from '../errors.ts';
import { renderComparisonMarkdown } from '../report/markdown.ts';
import { renderComparison } from '../report/terminal/comparison.ts';
import { readBaseline, readBaselineFile, type Baseline } from '../results/baselines.ts';
import { loadRun } from '../results/store.ts';
import { abComparison } from '../run/ab.ts';
import { candidateOf } from '../run/compare.ts';
import type { CommandContext, CommandSpec } from './command.ts';
import { listenForSignals } from './signals.ts';

const { env, profile, scenario, engine, vus, duration, rate, results, strict, minEffect, minEffectMs, tokenFile, yes } =
  runOptions;

const options = {
  baseline: option<readonly string[] | undefined>({
    flags: '--baseline <refs>',
    help: 'what to compare with: stored runs with commas, ENV/PROFILE, or a baseline file',
    schema: value.names,
    fallback: undefined,
    fallbackText: "the candidates' own",
  }),
  markdown: option({ flags: '--markdown', help: 'print Markdown', schema: value.flag, fallback: false }),
  json: option({ flags: '--json', help: 'print one JSON document', schema: value.flag, fallback: false }),
  strict,
  minEffect,
  minEffectMs,
  tokenFile,
  results,
  ab: option({
    flags: '--ab',
    help: 'the arguments are two addresses: short runs against both take turns',
    schema: value.flag,
    fallback: false,
  }),
  rounds: option({
    flags: '--rounds <n>',
    help: 'runs against each of the two addresses of --ab',
    schema: value.count(1),
    fallback: 5,
    fallbackText: '5',
  }),
  env,
  profile,
  scenario,
  engine,
  vus,
  duration: { ...duration, help: 'duration of each run of --ab', fallback: 10_000, fallbackText: '10s' },
  rate,
  yes,
};

export const compareCommand: CommandSpec = {
  usage: 'compare [candidates...]',
  summary: 'judge stored runs (the latest by default) against a baseline, or two deployments against each other',
  options,
  examples: [
    ['gravl-load compare', 'the latest run with the baseline of its environment and profile'],
    ['gravl-load compare 1a2b3c 4d5e6f --markdown', 'two runs as one candidate, for a pull request'],
    ['gravl-load compare latest --baseline main/baseline.json', 'with a baseline file from elsewhere'],
    ['gravl-load compare --ab http://old:3000 http://new:3000', 'is the second one worse? Five runs of 10 s each'],
  ],
  async run({ args, flags }, context) {
    const values = readOptionsOrThrow(options, { flags, env: context.env });
    const effects = { minEffect: values.minEffect, minEffectMs: values.minEffectMs };
    const dir = path.resolve(context.cwd, values.results);
    const comparison = values.ab
      ? await compareDeployments(args, flags, values.rounds, context)
      : await compareStored(dir, args, values.baseline, effects);
    if (values.json) context.stdout.write(`${JSON.stringify(comparison, undefined, 2)}\n`);
    else if (values.markdown) context.stdout.write(`${renderComparisonMarkdown(comparison, true).join('\n')}\n`);
    else context.stdout.write(`${renderComparison(comparison, true).join('\n')}\n`);
    return comparisonExitCode(comparison, values.strict);
  },
};

async function compareStored(
  dir: string,
  refs: readonly string[],
  baselineRefs: readonly string[] | undefined,
  effects: { minEffect: number; minEffectMs: number },
): Promise<BaselineComparison> {
  const candidates = await loadCandidates(dir, refs.length === 0 ? ['latest'] : refs);
  const key = candidates[0]?.stored.key;
  const baseline =
    baselineRefs === undefined
      ? await readBaseline(dir, key?.env ?? '', key?.profile ?? '')
      : await namedBaseline(dir, baselineRefs);
  return compareWithBaseline(baseline, candidates, effects);
}

const loadCandidates = (dir: string, refs: readonly string[]): Promise<Candidate[]> =>
  Promise.all(
    refs.map(async (ref) => {
      const run = await loadRun(dir, ref);
      return candidateOf(run.record, run.dir);
    }),
  );

/** A baseline file, `env/profile`, or stored runs. */
async function namedBaseline(
  dir: string,
  refs: readonly string[],
): Promise<Pick<Baseline, 'env' | 'profile' | 'runs'>> {
  const [first = ''] = refs;
  const [env, profile, ...rest] = first.split('/');
  if (refs.length === 1 && env !== undefined && profile !== undefined && rest.length === 0) {
    const stored = await readBaseline(dir, env, profile);
    if (stored !== undefined) return stored;
  }
  if (refs.length === 1 && first.endsWith('.json') && path.basename(first) !== 'run.json') {
    return readBaselineFile(path.resolve(first));
  }
  const runs = await loadCandidates(dir, refs);
  const invalid = runs.find(({ verdict }) => verdict.state === 'INVALID');
  if (invalid !== undefined) {
    const { id } = invalid.stored.digest;
    throw new LoadError('results.refused', `run ${id} is INVALID: ${invalid.verdict.reasons.join('; ')}`, {
      hint: 'An invalid run says nothing of the target: compare with another.',
    });
  }
  return { env: 'run', profile: refs.join(', '), runs: runs.map(({ stored }) => stored) };
}

async function compareDeployments(
  addresses: readonly string[],
  flags: Readonly<Record<string, unknown>>,
  rounds: number,
  context: CommandContext,
): Promise<BaselineComparison> {
  const [a, b, ...more] = addresses;
  if (a === undefined || b === undefined || more.length > 0) {
    throw new LoadError('usage.invalid', '--ab takes two addresses', {
      hint: 'gravl-load compare --ab http://old:3000 http://new:3000',
    });
  }
  const signals = listenForSignals(context.stderr);
  try {
    const controls = { env: context.env, stop: signals.stop, force: signals.force };
    const say = (text: string): void => void context.stderr.write(`${text}\n`);
    return await abComparison({ flags, env: context.env, cwd: context.cwd }, [a, b], rounds, controls, say);
  } finally {
    signals.dispose();
  }
}
