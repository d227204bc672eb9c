/** Chart of a capacity search: p95 over the rate (logarithmic), the steps that held and those that failed, the knee. */
import type { CapacityReport } from '../../analysis/capacity/report.ts';
import { formatMs, formatRate } from '../format.ts';

const size = { width: 640, height: 320, left: 70, right: 20, top: 30, bottom: 45 };

export function renderCapacitySvg({ steps, knee, atLeast }: CapacityReport): string {
  const shown = steps.filter(({ p95 }) => p95 > 0);
  const highestRate = Math.max(1, ...shown.map(({ rate }) => rate)) * 1.05;
  const times = shown.map(({ p95 }) => p95);
  const [low, high] = [Math.log10(Math.min(1, ...times)), Math.log10(Math.max(10, ...times) * 1.3)];
  const plot = { width: size.width - size.left - size.right, height: size.height - size.top - size.bottom };
  const x = (rate: number): string => (size.left + (plot.width * rate) / highestRate).toFixed(1);
  const y = (ms: number): string => (size.top + plot.height * (1 - (Math.log10(ms) - low) / (high - low))).toFixed(1);
  const bottom = size.top + plot.height;

  const ticksY = [1, 10, 100, 1000, 10_000, 100_000].filter((ms) => Math.log10(ms) >= low && Math.log10(ms) <= high);
  const ticksX = [0, 0.25, 0.5, 0.75, 1].map((share) => (share * highestRate) / 1.05);
  const text = (at: { x: string | number; y: string | number }, words: string, anchor = 'middle'): string =>
    `<text x="${at.x}" y="${at.y}" text-anchor="${anchor}">${words}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#444">
<title>p95 by arrival rate; knee at ${atLeast ? 'at least ' : ''}${formatRate(knee)} requests a second</title>
<rect width="100%" height="100%" fill="#fff"/>
${ticksY.map((ms) => `<path d="M${size.left} ${y(ms)}H${size.width - size.right}" stroke="#ddd"/>${text({ x: size.left - 8, y: Number(y(ms)) + 4 }, formatMs(ms), 'end')}`).join('\n')}
${ticksX.map((rate) => text({ x: x(rate), y: bottom + 18 }, formatRate(rate))).join('\n')}
${text({ x: size.left + plot.width / 2, y: size.height - 8 }, 'requests a second')}
${knee > 0 ? `<path d="M${x(knee)} ${size.top}V${bottom}" stroke="#17693a" stroke-dasharray="4 3"/>${text({ x: x(knee), y: size.top - 8 }, `${atLeast ? '≥ ' : ''}${formatRate(knee)} req/s`)}` : ''}
<polyline fill="none" stroke="#888" points="${shown.map(({ rate, p95 }) => `${x(rate)},${y(p95)}`).join(' ')}"/>
${shown.map(({ rate, p95, holds }) => `<circle cx="${x(rate)}" cy="${y(p95)}" r="4" fill="${holds ? '#17693a' : '#a4161a'}"/>`).join('\n')}
</svg>
`;
}
