/** All charts of a page. Those over time share their cursor and their zoom. */
import uPlot from 'uplot';
import type { Chart, ChartView } from '../types.ts';
import { axisText, clock, valueText } from './format.ts';

const sync = 'time';
const height = 220;
/** Steps of the axis of time; labels have no parts of a second. */
const seconds = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400];

interface Range {
  readonly from: number;
  readonly to: number;
}

interface Shown {
  chart: Chart;
  view: ChartView;
  readonly place: HTMLElement;
}

interface Drawn extends Shown {
  readonly plot: uPlot;
}

export class ChartGroup {
  #charts: readonly Chart[];
  readonly #rangeText: HTMLElement | null;
  #whole: Range;
  #plots: Drawn[] = [];
  #endpoint = '';
  #range: Range;
  /** Setting the scale of one plot calls back for it; the others follow once. */
  #following = false;

  constructor(charts: readonly Chart[], rangeText: HTMLElement | null) {
    this.#charts = charts;
    this.#rangeText = rangeText;
    this.#whole = wholeOf(charts);
    this.#range = this.#whole;
  }

  /** Draws everything anew, in the colours of the moment. */
  draw(): void {
    for (const { plot } of this.#plots) plot.destroy();
    this.#plots = this.#charts.flatMap((chart) => {
      const place = document.querySelector<HTMLElement>(`[data-chart="${chart.id}"]`);
      const view = this.#viewOf(chart);
      if (place === null || view === undefined) return [];
      tell(chart, view);
      const shown = { chart, view, place };
      return [Object.assign(shown, { plot: this.#plot(shown) })];
    });
    this.#follow(this.#range);
  }

  /** Takes the same charts with more points; who has zoomed in stays where he is. */
  update(charts: readonly Chart[]): void {
    const { from, to } = this.#whole;
    const all = this.#range.from === from && this.#range.to === to;
    this.#charts = charts;
    this.#whole = wholeOf(charts);
    for (const drawn of this.#plots) {
      const chart = charts.find(({ id }) => id === drawn.chart.id);
      const view = chart === undefined ? undefined : this.#viewOf(chart);
      if (chart === undefined || view === undefined) continue;
      Object.assign(drawn, { chart, view });
      tell(chart, view);
      drawn.plot.setData(dataOf(chart, view), false);
    }
    this.#follow(all ? this.#whole : this.#range);
  }

  /** Takes other charts. */
  replace(charts: readonly Chart[]): void {
    this.#charts = charts;
    this.#whole = wholeOf(charts);
    this.#range = this.#whole;
    this.draw();
  }

  show(endpoint: string): void {
    this.#endpoint = endpoint;
    this.draw();
  }

  zoom(how: string): void {
    const { from, to } = this.#range;
    const span = to - from;
    const next: Record<string, Range> = {
      in: { from: from + span / 4, to: to - span / 4 },
      out: { from: from - span / 2, to: to + span / 2 },
      left: { from: from - span / 2, to: to - span / 2 },
      right: { from: from + span / 2, to: to + span / 2 },
    };
    this.#follow(next[how] ?? this.#whole);
  }

  resize(): void {
    for (const { plot, place } of this.#plots) plot.setSize({ width: place.clientWidth, height });
  }

  #viewOf({ views }: Chart): ChartView | undefined {
    return views.find(({ name }) => name === this.#endpoint) ?? views[0];
  }

  #follow(wanted: Range): void {
    if (this.#following) return;
    const { from, to } = this.#whole;
    const span = Math.min(to - from, Math.max(2, wanted.to - wanted.from));
    const start = Math.min(Math.max(from, wanted.from), to - span);
    this.#range = { from: start, to: start + span };
    this.#following = true;
    for (const { plot, chart } of this.#plots) {
      if (chart.kind === 'time') plot.setScale('x', { min: this.#range.from, max: this.#range.to });
    }
    // The hook of a scale comes in a microtask.
    setTimeout(() => (this.#following = false));
    if (this.#rangeText !== null) {
      this.#rangeText.textContent = `${clock(this.#range.from)} to ${clock(this.#range.to)}`;
    }
  }

  /** @param shown may get other points later: what depends on them is read when it is drawn */
  #plot(shown: Shown): uPlot {
    const { chart, view, place } = shown;
    const style = getComputedStyle(document.documentElement);
    const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    const time = chart.kind === 'time';
    const axis: uPlot.Axis = {
      stroke: colour('dim'),
      grid: { stroke: colour('line'), width: 1 },
      ticks: { stroke: colour('line'), width: 1 },
      font: '12px system-ui, sans-serif',
    };
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- 3 is logarithmic; uPlot's enums are of its types only
    const y: uPlot.Scale = time
      ? { range: (_, __, max) => [0, topOf(chart.unit, [max, ...visibleLimits(shown.view).map(({ value }) => value)])] }
      : { distr: 3 };
    const options: uPlot.Options = {
      width: place.clientWidth,
      height,
      cursor: { ...(time ? { sync: { key: sync } } : {}), drag: { x: time, y: false }, points: { size: 6 } },
      legend: { live: true },
      scales: {
        x: { time: false },
        y,
      },
      axes: [
        {
          ...axis,
          incrs: time ? seconds : [1],
          values: (_, ticks) => ticks.map((tick) => (time ? clock(tick) : nines(tick))),
        },
        { ...axis, size: 64, values: (_, ticks) => ticks.map((tick) => axisText(chart.unit, tick)) },
      ],
      series: [
        {
          label: time ? 'time' : 'percentile',
          value: (_, x: number | null) => (x === null ? '' : time ? clock(x) : nines(x)),
        },
        ...view.lines.map((line): uPlot.Series => ({
          label: line.label,
          stroke: colour(line.tone),
          width: 1.75,
          ...(line.dashed ? { dash: [6, 4] } : {}),
          ...(view.lines.length === 1 && time ? { fill: `${colour(line.tone)}22` } : {}),
          points: { show: () => shown.chart.x.length < 40 },
          value: (_, value: number | null) => valueText(chart.unit, value),
        })),
      ],
      hooks: {
        setScale: [
          (plot, key) => {
            const { min, max } = plot.scales['x'] ?? {};
            if (key === 'x' && time && min != null && max != null) this.#follow({ from: min, to: max });
          },
        ],
        draw: [(plot) => drawLimits(plot, visibleLimits(shown.view), colour('bad'))],
      },
    };
    place.replaceChildren();
    return new uPlot(options, dataOf(chart, view), place);
  }
}

/** Where the axis of values ends; one that has nothing but noughts still has readable steps. */
function topOf(unit: Chart['unit'], values: readonly number[]): number {
  const most = Math.max(...values);
  return most > 0 ? most * 1.08 : unit === 'share' ? 0.01 : 1;
}

function wholeOf(charts: readonly Chart[]): Range {
  const x = charts.find(({ kind }) => kind === 'time')?.x ?? [];
  return { from: x[0] ?? 0, to: x[x.length - 1] ?? 0 };
}

/** uPlot reads its arrays only. */
const dataOf = ({ x }: Chart, { lines }: ChartView): uPlot.AlignedData =>
  [x, ...lines.map(({ values }) => values)] as uPlot.AlignedData;

function tell(chart: Chart, view: ChartView): void {
  const about = document.getElementById(`about-${chart.id}`);
  if (about !== null) about.textContent = describe(chart, view);
}

/** A limit far above all values would flatten them: the text below the chart tells of it instead. */
function visibleLimits({ lines, limits }: ChartView): ChartView['limits'] {
  const most = highest(lines.flatMap(({ values }) => values));
  return limits.filter(({ value }) => value <= most * 2.5);
}

function drawLimits(plot: uPlot, limits: ChartView['limits'], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.setLineDash([8, 5]);
  ctx.lineWidth = devicePixelRatio;
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  ctx.textAlign = 'right';
  for (const { label, value } of limits) {
    const y = plot.valToPos(value, 'y', true);
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.fillText(label, bbox.left + bbox.width - 4, y - 4);
  }
  ctx.restore();
}

/** A chart in words: for those who cannot see it, and for a limit that is out of sight. */
function describe({ unit, kind }: Chart, view: ChartView): string {
  const limits = view.limits
    .filter((limit) => !visibleLimits(view).includes(limit))
    .map(({ label, value }) => `${label} ${valueText(unit, value)}, above this chart`);
  if (kind === 'percentile') return limits.join('; ');
  const lines = view.lines.map(({ label, values }) => {
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return `${label}: no data`;
    const low = known.reduce((a, b) => Math.min(a, b));
    return `${label} ${valueText(unit, low)} to ${valueText(unit, highest(known))}`;
  });
  return [...lines, ...limits].join(' · ');
}

const highest = (values: readonly (number | null)[]): number =>
  values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);

/** Position on the axis of nines → the percentile. */
const nines = (nine: number): string => {
  const percent = 100 * (1 - 10 ** -nine);
  return `${Number(percent.toFixed(Math.max(0, Math.ceil(nine) - 1)))} %`;
};
