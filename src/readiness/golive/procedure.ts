/** Runs a phase step by step: what passed with the same inputs is not done again; the first failure ends it. */
import { createHash } from 'node:crypto';
import { LoadError } from '../../errors.ts';
import { addEntry, latest, type Journal } from './journal.ts';
import { phases, type GoliveContext, type Outcome, type Phase, type Step } from './model.ts';

export interface PhaseOptions {
  /** Does again what passed. */
  readonly again: boolean;
  /** Step → why it is accepted as it is. */
  readonly accept: Readonly<Record<string, string>>;
}

/**
 * @returns the journal with what was done, and whether the phase is complete
 * @throws LoadError golive.order when an earlier phase is not complete
 */
export async function runPhase(
  phase: Phase,
  steps: readonly Step[],
  context: GoliveContext,
  journal: Journal,
  options: PhaseOptions,
): Promise<{ journal: Journal; complete: boolean }> {
  const open = earlier(phase).flatMap((before) => openSteps(steps, journal, before));
  if (open.length > 0) {
    throw new LoadError(
      'golive.order',
      `${phase} comes after: ${[...new Set(open.map((step) => step.phase))].join(', ')}`,
      {
        problems: open.map((step) => `${step.phase} ${step.id}: ${stateOf(journal, step)}`),
      },
    );
  }
  let current = journal;
  for (const step of steps.filter((one) => one.phase === phase)) {
    context.stop.throwIfAborted();
    const inputs = inputsOf(context);
    const known = latest(current.entries).get(step.id);
    const reason = options.accept[step.id];
    const done = known !== undefined && ['pass', 'accepted'].includes(known.state) && known.inputs === inputs;
    if (done && !options.again && reason === undefined) {
      context.say(`  =  ${step.title}: ${known.state} at ${known.endedAt}`);
      continue;
    }
    const startedAt = new Date();
    context.say(`  …  ${step.title} (${step.owner}, about ${step.expected})`);
    const outcome = await attempt(step, context);
    const accepted = reason !== undefined && outcome.state !== 'pass';
    const state = accepted ? 'accepted' : outcome.state;
    const evidence = accepted ? `${outcome.state}: ${outcome.evidence}; accepted: ${reason}` : outcome.evidence;
    current = await addEntry(context.results, current, {
      phase,
      step: step.id,
      owner: step.owner,
      state,
      evidence,
      findings: [...(outcome.findings ?? [])],
      startedAt: startedAt.toISOString(),
      endedAt: new Date().toISOString(),
      inputs,
    });
    context.say(`${marks[state]} ${step.title}: ${evidence}`);
    for (const finding of outcome.findings ?? []) context.say(`       ${finding}`);
    // What comes after relies on it.
    if (state === 'fail' && phase !== 'preflight') break;
  }
  return { journal: current, complete: openSteps(steps, current, phase).length === 0 };
}

const marks = { pass: '  ✓ ', fail: '  ✗ ', 'not checked': '  ? ', accepted: '  ! ' } as const;

async function attempt(step: Step, context: GoliveContext): Promise<Outcome> {
  try {
    return await step.run(context);
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    return { state: 'fail', evidence: error.message, findings: error.problems };
  }
}

const earlier = (phase: Phase): readonly Phase[] => phases.slice(0, phases.indexOf(phase));

/** Steps of a phase that neither passed nor were accepted; optional ones never wait. */
export function openSteps(steps: readonly Step[], journal: Journal, phase: Phase): Step[] {
  return steps.filter(
    (step) => step.phase === phase && step.optional !== true && !['pass', 'accepted'].includes(stateOf(journal, step)),
  );
}

export const stateOf = (journal: Journal, step: Step): string =>
  latest(journal.entries).get(step.id)?.state ?? 'not done';

const inputsOf = ({ place, objects }: GoliveContext): string =>
  createHash('sha256').update(JSON.stringify({ place, objects })).digest('hex').slice(0, 16);
