/** Stages of ramping executors: making them, and finding the running one. */
import exec from 'k6/execution';

export interface Stage {
  /** As in k6's options: `30s`, `1m30s`. */
  readonly duration: string;
  readonly target: number;
}

export type StageProfile = 'ramp-up' | 'steady' | 'ramp-down';

const MILLISECONDS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Milliseconds of a duration like `1d2h3m4s5ms`. */
export function parseDuration(text: string): number {
  if (typeof text !== 'string' || text.length === 0) throw new Error('str is required');
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text)
    throw new Error(`${text} is an unsupported time unit`);
  return Math.trunc(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (MILLISECONDS[unit ?? ''] ?? 0), 0));
}

/** Stages whose targets follow a bell curve up to `maxVUs` and down again, over two standard deviations a side. */
export function normalDistributionStages(maxVUs: number, durationSeconds: number, numberOfStages = 10): Stage[] {
  const duration = `${Math.ceil(durationSeconds / numberOfStages)}s`;
  const density = (x: number): number => Math.exp((-x * x) / 2);
  const step = 4 / (numberOfStages - 1);
  const stages: Stage[] = [];
  for (let i = 0; i < numberOfStages; i++) {
    const last = i === numberOfStages - 1 && numberOfStages > 1;
    stages.push({ duration, target: last ? 0 : Math.ceil(maxVUs * density(numberOfStages > 1 ? -2 + i * step : 0)) });
  }
  return stages;
}

interface RampingScenario {
  readonly stages?: readonly Stage[];
  readonly startVUs?: number;
  readonly startRate?: number;
}

/** The stage that is due now in the VU's scenario; the last one when all are over. */
export function currentStage(): { readonly index: number; readonly profile: StageProfile } {
  const scenarios = (exec.test.options.scenarios ?? {}) as unknown as Readonly<Record<string, RampingScenario>>;
  const scenario = scenarios[exec.scenario.name];
  if (!scenario)
    throw new Error(`the exec.test.options object doesn't contain the current scenario ${exec.scenario.name}`);
  const { stages } = scenario;
  if (!stages || stages.length === 0) {
    throw new Error(
      'only ramping-vus or ramping-arrival-rate supports stages, it is not possible to get a stage index on other executors.',
    );
  }
  const elapsed = Date.now() - exec.scenario.startTime;
  let end = 0;
  let index = stages.findIndex(({ duration }) => {
    end += parseDuration(duration);
    return elapsed < end;
  });
  if (index < 0) index = stages.length - 1;
  const target = stages[index]?.target ?? 0;
  const before = index > 0 ? (stages[index - 1]?.target ?? 0) : (scenario.startVUs ?? scenario.startRate ?? 0);
  return { index, profile: target > before ? 'ramp-up' : target < before ? 'ramp-down' : 'steady' };
}
