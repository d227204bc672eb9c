/** docs/verdicts.md out of the method and the figures that were measured. */
import type { Outcome } from '../../src/analysis/compare/types.ts';
import { clopperPearson } from '../../src/analysis/stats/proportions.ts';
import type { CapacityRow } from './capacity.ts';
import { chart } from './chart.ts';
import { method } from './method.ts';
import type { RealStudy } from './real.ts';
import type { StudyRow } from './simulated.ts';
import type { SpeedRow } from './speed.ts';

interface Conditions {
  readonly date: string;
  readonly machine: string;
  /** Load average of the machine when the study began. */
  readonly load: number;
}

export interface Figures {
  readonly simulated?: Conditions & { readonly rows: readonly StudyRow[] };
  readonly speed?: Conditions & { readonly rows: readonly SpeedRow[] };
  readonly real?: Conditions & RealStudy;
  readonly capacity?: Conditions & { readonly rows: readonly CapacityRow[] };
}

export function renderDocument({ simulated, speed, real, capacity }: Figures): string {
  const lines = [
    method,
    '## Measured',
    '',
    'Everything below is written by `node bench/verdict/main.mjs`; `npm test` runs a seeded sample. The share of what is',
    'counted has a 95 % interval (Clopper and Pearson), which takes comparisons that share runs for independent ones.',
    '',
    ...section(
      'Simulated runs',
      simulated,
      'Runs of 30 s at 100 requests a second over four endpoints: lognormal latency, two with a second mode, noise between windows ' +
        'that lasts (AR(1), 0.6), drift between runs as named. "drift 1 %" has 1 % noise between windows, "drift 2 %" 3 %, "drift 5 %" 5 %. ' +
        '"One mode" is lognormal with a median of 20 ms at every endpoint. The p95 of the others lies between two modes: by chance alone it varies by 2.5 % from run to run, with drift 2 % by 3.7 %, with drift 5 % by 6.3 %.',
      ({ rows }) => studyTable(rows, 'verdict-simulated'),
    ),
    ...section('Real runs on the stand-in target', real, real === undefined ? '' : aboutReal(real), ({ rows }) =>
      studyTable(rows, 'verdict-real'),
    ),
    ...section(
      'Capacity',
      capacity,
      'Targets with a true limit: k requests at once of s milliseconds each make k/s requests a second. Steps of 8 s.',
      ({ rows }) => [
        '| k | s | true limit | found | off by | steps |',
        '|--:|--:|--:|--:|--:|--:|',
        ...rows.map(
          ({ concurrency, serviceMs, truth, found, atLeast, steps }) =>
            `| ${concurrency} | ${serviceMs} ms | ${truth.toFixed(0)} req/s | ${atLeast ? 'at least ' : ''}${found.toFixed(0)} req/s | ${percent(found / truth - 1)} | ${steps} |`,
        ),
      ],
    ),
    ...section('Speed', speed, 'Minimum, median and maximum of five.', ({ rows }) => [
      '| what | limit | min | median | max |',
      '|---|--:|--:|--:|--:|',
      ...rows.map(
        ({ name, limitMs, ms }) => `| ${name} | ${limitMs} ms | ${ms.map((n) => `${n.toFixed(0)} ms`).join(' | ')} |`,
      ),
    ]),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function section<T extends Conditions>(
  title: string,
  figures: T | undefined,
  about: string,
  body: (figures: T) => readonly string[],
): string[] {
  if (figures === undefined) return [];
  const { date, machine, load } = figures;
  return [
    `### ${title}`,
    '',
    about,
    '',
    `Measured ${date} on ${machine}, load average ${load} at the start.`,
    '',
    ...body(figures),
    '',
  ];
}

function aboutReal({ runs, busy, invalid, seconds, rate, loadAverage, others }: RealStudy): string {
  const made = Object.entries(runs).map(([kind, count]) => `${count} ${kind}`);
  const whole = (share: number): string => (100 * share).toFixed(0);
  const range = (values: readonly number[], shown: (value: number) => string): string => values.map(shown).join(' / ');
  return [
    `The command itself made runs of ${seconds} s at ${rate} requests a second against \`gravl-load target\` (lognormal service`,
    `time, median 20 ms, each run with a seed of its own), the kinds in turns: ${made.join(', ')}; ${invalid} more were INVALID`,
    `and left out. ${busy} of the valid ones were made while other programs used more than a tenth of the machine: they are the rows`,
    '"busy machine", compared only among themselves, and told, not judged: from a tenth to nine tenths all are mixed. The line at a tenth was drawn after a first look at half. The target is made slower or failing by its own options. A/A rows "in the order of time" take neighbouring',
    'runs, first the baseline, then the candidate; the other rows draw runs at random from these, so their comparisons share',
    `runs. While they were made, the load average was ${range(loadAverage, String)} (least / median / most) and other`,
    `programs used ${range(others, whole)} % of the machine.`,
  ].join('\n');
}

function studyTable(rows: readonly StudyRow[], file: string): string[] {
  const cells = (row: StudyRow): string => {
    const { name, baseline, candidate, comparisons, outcomes, counted, target } = row;
    const events = outcomes[counted];
    const { low, high } = clopperPearson({ events, trials: comparisons }, 0.95);
    const counts = (['worse', 'better', 'same', 'inconclusive'] as const satisfies readonly Outcome[]).map(
      (o) => outcomes[o],
    );
    const share = `${plain(events / comparisons)} (${plain(low)} … ${plain(high)})`;
    const refused = outcomes['not comparable'] ?? 0;
    return `| ${name} | ${baseline} + ${candidate} | ${comparisons} | ${counts.join(' | ')} | ${refused} | ${counted} ${share} | ${target} |`;
  };
  return [
    `![share of what is counted](${file}.svg)`,
    '',
    '| study | runs | comparisons | worse | better | same | inconclusive | not comparable | counted | bound |',
    '|---|--:|--:|--:|--:|--:|--:|--:|---|--:|',
    ...rows.map(cells),
  ];
}

/** The charts that belong to the document, by file name. */
export function renderCharts({ simulated, real }: Figures): Record<string, string> {
  return Object.fromEntries(
    [['verdict-simulated.svg', simulated] as const, ['verdict-real.svg', real] as const].flatMap(([file, figures]) =>
      figures === undefined
        ? []
        : [
            [
              file,
              chart(
                figures.rows.map(({ name, outcomes, counted, comparisons }) => ({
                  name: `${name}: ${counted}`,
                  share: outcomes[counted] / comparisons,
                })),
              ),
            ],
          ],
    ),
  );
}

const plain = (share: number): string => `${(100 * share).toFixed(1)} %`;
const percent = (share: number): string => `${share < 0 ? '−' : '+'}${Math.abs(100 * share).toFixed(1)} %`;
