/** The end-of-test summary as text, in k6 2.x's layout. */
import type { ColumnOptions } from './columns.ts';
import { byMetric, displayName, metricLines } from './columns.ts';
import type { Palette } from './format.ts';
import { humanValue, palette, percent } from './format.ts';
import type { SummaryCheck, SummaryData, SummaryGroup, SummaryMetric, SummarySection } from './types.ts';

export interface TextSummaryOptions {
  /** `compact` leaves out the phases of requests; `full` shows everything, and {@link sections}. */
  readonly mode: 'compact' | 'full';
  readonly colors: boolean;
  /** Scenarios and groups on their own, for `full`. */
  readonly sections?: readonly SummarySection[];
}

type Named = readonly [name: string, metric: SummaryMetric];
type CheckCounts = Pick<SummaryCheck, 'name' | 'passes' | 'fails'>;

const EXECUTION = ['dropped_iterations', 'iteration_duration', 'iterations', 'vus', 'vus_max'];
const NETWORK = ['data_received', 'data_sent'];
/** Shown elsewhere or nowhere. */
const HIDDEN = ['checks', 'group_duration'];
const COMPACT_HTTP = ['http_req_duration', 'http_req_failed', 'http_reqs'];

const CATEGORIES: readonly (readonly [title: string, has: (metric: string) => boolean])[] = [
  ['HTTP', (metric) => metric.startsWith('http_')],
  ['EXECUTION', (metric) => EXECUTION.includes(metric)],
  ['NETWORK', (metric) => NETWORK.includes(metric)],
  ['BROWSER', (metric) => metric.startsWith('browser_')],
  ['GRPC', (metric) => metric.startsWith('grpc_')],
  ['WEBSOCKET', (metric) => metric.startsWith('ws_')],
];

function base(name: string): string {
  return name.split('{', 1)[0] ?? name;
}

/** The heading a metric is listed under. */
export function categoryOf(name: string): string {
  return CATEGORIES.find(([, has]) => has(base(name)))?.[0] ?? 'CUSTOM';
}

function thresholdLines(metrics: readonly Named[], timeUnit: string, paint: Palette): string[] {
  const judged = metrics.filter(([, { thresholds }]) => Object.keys(thresholds ?? {}).length > 0);
  if (judged.length === 0) return [];
  const lines = [`  █ ${paint.title('THRESHOLDS')} `];
  for (const [name, metric] of judged) {
    const nested = name.includes('{') && judged.some(([other]) => other === base(name));
    const indent = nested ? '      ' : '    ';
    lines.push('', indent + (nested ? displayName(name).trim() : name));
    for (const [source, threshold] of Object.entries(metric.thresholds ?? {})) {
      const aggregation = /^[^<>=!]*/.exec(source)?.[0].trim() ?? '';
      const observed = threshold.observed ?? metric.values[aggregation] ?? 0;
      const mark = threshold.ok ? paint.good('✓') : paint.bad('✗');
      lines.push(
        `${indent}${mark} '${source}' ${paint.value(`${aggregation}=${judgedValue(observed, aggregation, metric, timeUnit)}`)}`,
      );
    }
  }
  return [...lines, '', ''];
}

function judgedValue(value: number, aggregation: string, metric: SummaryMetric, timeUnit: string): string {
  if (metric.type === 'rate') return percent(value);
  const text = humanValue(value, metric.contains, timeUnit);
  return metric.type === 'counter' && aggregation === 'rate' ? `${text}/s` : text;
}

function allChecks(group: SummaryGroup): CheckCounts[] {
  return [...group.checks, ...group.groups.flatMap(allChecks)];
}

/** A check's line; a second one with the counts when it ever failed. */
export function checkLines(check: CheckCounts, indent: string, paint: Palette): string[] {
  const { name, passes, fails } = check;
  if (fails === 0) return [`${indent}${paint.good(`✓ ${name}`)}`];
  const share = Math.floor((passes / (passes + fails)) * 100);
  return [`${indent}${paint.bad(`✗ ${name}`)}`, `${indent}  ${paint.bad(`↳  ${share}% — ✓ ${passes} / ✗ ${fails}`)}`];
}

function checkBlock(
  checks: readonly CheckCounts[],
  metric: SummaryMetric | undefined,
  seconds: number,
  options: ColumnOptions,
  indent: string,
): string[] {
  const passes = metric?.values['passes'] ?? 0;
  const fails = metric?.values['fails'] ?? 0;
  const total = passes + fails;
  if (total === 0) return [];
  const rate = (hits: number): SummaryMetric => ({
    type: 'rate',
    contains: 'default',
    values: { rate: hits / total, passes: hits, fails: total - hits },
  });
  const count = { count: total, rate: seconds > 0 ? total / seconds : 0 };
  const lines = metricLines(
    [
      ['checks_total', { type: 'counter', contains: 'default', values: count }],
      ['checks_succeeded', rate(passes)],
      ['checks_failed', rate(fails)],
    ],
    options,
  );
  const detail = checks.flatMap((check) => checkLines(check, indent, options.palette));
  return [...[...lines.values()].map((line) => indent + line), '', ...detail, ''];
}

function metricBlocks(metrics: readonly Named[], compact: boolean, options: ColumnOptions, indent: string): string[] {
  const shown = metrics.filter(([name]) => {
    const metric = base(name);
    if (HIDDEN.includes(metric)) return false;
    return !compact || categoryOf(metric) !== 'HTTP' || COMPACT_HTTP.includes(metric);
  });
  const lines = metricLines(shown, options);
  const titles = ['CUSTOM', ...CATEGORIES.map(([title]) => title)];
  return titles.flatMap((title) => {
    const members = shown.filter(([name]) => categoryOf(name) === title);
    if (members.length === 0) return [];
    return [indent + options.palette.title(title), ...members.map(([name]) => indent + (lines.get(name) ?? '')), ''];
  });
}

function sorted(metrics: Readonly<Record<string, SummaryMetric>>): Named[] {
  return Object.entries(metrics).sort(([a], [b]) => byMetric(a, b));
}

interface SectionRequest {
  readonly sections: readonly SummarySection[];
  readonly root: SummaryGroup;
  readonly seconds: number;
  readonly options: ColumnOptions;
}

function sectionBlock(
  section: SummarySection | undefined,
  indent: string,
  { seconds, options }: SectionRequest,
): string[] {
  if (section === undefined) return [];
  return [
    ...checkBlock(section.checks, section.metrics['checks'], seconds, options, indent),
    ...metricBlocks(sorted(section.metrics), false, options, indent),
  ];
}

/** A group and those in it, as far as the scenario has anything to show for them. */
function groupLines(group: SummaryGroup, scenario: string, indent: string, request: SectionRequest): string[] {
  const section = request.sections.find((one) => one.scenario === scenario && one.group === group.path);
  const top = indent === '  ';
  const inner = `${indent}  `;
  const block = sectionBlock(section, inner, request);
  const children = group.groups.flatMap((child) => groupLines(child, scenario, inner, request));
  if (block.length === 0 && children.length === 0) return [];
  const title = `${indent}${top ? '█' : '↳'} GROUP: ${request.options.palette.title(group.name)} `;
  return [...(top ? [''] : []), title, '', ...block, ...children];
}

/** Scenarios with their groups; the one scenario of a script without scenarios is no section of its own. */
function sectionLines(request: SectionRequest): string[] {
  const scenarios = [...new Set(request.sections.map(({ scenario }) => scenario))];
  const onlyDefault = scenarios.every((scenario) => scenario === 'default');
  return scenarios.flatMap((scenario) => {
    const groups = request.root.groups.flatMap((group) =>
      groupLines(group, scenario, onlyDefault ? '  ' : '    ', request),
    );
    if (onlyDefault) return groups;
    const whole = request.sections.find((section) => section.scenario === scenario && section.group === '');
    const title = `  █ SCENARIO: ${request.options.palette.title(scenario)} `;
    return ['', title, '', ...sectionBlock(whole, '    ', request), ...groups];
  });
}

/** The text k6 prints at the end of a test, ending with a line break. */
export function renderTextSummary(data: SummaryData, { mode, colors, sections = [] }: TextSummaryOptions): string {
  const paint = palette(colors);
  const { summaryTrendStats: trendStats, summaryTimeUnit: timeUnit } = data.options;
  const options: ColumnOptions = { trendStats, timeUnit, palette: paint, rates: 'outOf' };
  const seconds = data.state.testRunDurationMs / 1000;
  const metrics = sorted(data.metrics);
  const lines = [
    ...thresholdLines(metrics, timeUnit, paint),
    `  █ ${paint.title('TOTAL RESULTS')} `,
    '',
    ...checkBlock(allChecks(data.root_group), data.metrics['checks'], seconds, options, '    '),
    ...metricBlocks(metrics, mode === 'compact', options, '    '),
    ...(mode === 'full' ? sectionLines({ sections, root: data.root_group, seconds, options }) : []),
  ];
  while (lines.at(-1) === '') lines.pop();
  return `${lines.join('\n')}\n`;
}
