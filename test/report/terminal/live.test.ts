import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { renderFrame, type FrameInput } from '../../../src/report/terminal/live/frame.ts';
import { limitStates } from '../../../src/report/terminal/live/limits.ts';
import { LiveScreen } from '../../../src/report/terminal/live/screen.ts';
import { sparkline } from '../../../src/report/terminal/live/sparkline.ts';
import { Measurement } from '../../../src/results/measure.ts';

const second = (t: number, endpoint: string, requests: number, failed = 0) => ({
  t,
  endpoint,
  requests,
  failed,
  errors: failed > 0 ? { 'status 500': failed } : {},
  p50: 10,
  p95: 20,
  p99: 30 + 10 * t,
  hist: [[10_000, requests]] as [number, number][],
  vus: 4,
  iterations: requests,
  dropped: 0,
  checksPassed: requests - failed,
  checksFailed: failed,
});

function measured(): Measurement {
  const measurement = new Measurement(() => undefined);
  for (let t = 0; t < 5; t++) {
    measurement.engineSecond(second(t, 'health', 10));
    measurement.engineSecond(second(t, 'li\u001b[2Jst', 10, t === 4 ? 5 : 0));
    measurement.engineSecond({ ...second(t, '', 20, t === 4 ? 5 : 0), generator: { lagP99: 3, cpu: 0.95 } });
  }
  return measurement;
}

const frame = (changes: Partial<FrameInput> = {}): string =>
  stripVTControlCharacters(
    renderFrame({
      measurement: measured(),
      thresholds: { http_req_failed: ['rate<0.01'], 'http_req_duration{name:health}': ['p(95)<200'], own: ['value<1'] },
      elapsedMs: 5000,
      durationMs: 10_000,
      rate: 20,
      columns: 80,
      ...changes,
    }).join('\n'),
  );

describe('the picture of a running load', () => {
  it('has progress, users, rates, sparklines, limits, the generator and the endpoints', () => {
    const text = frame();
    expect(text).toContain('0:05 / 0:10');
    expect(text).toContain('4 users  ·  100 requests  ·  5 % errors  ·  100 iterations');
    expect(text).toMatch(/^req\/s +█████ +20\.0$/m);
    expect(text).toMatch(/^p99 +▄▅▆▇█ +/m);
    expect(text).toContain('limits  ✗ 1 crossed  ✓ 1 held  1 open');
    expect(text).toContain('✗ http_req_failed  rate<0.01  now 5 %');
    expect(text).toContain('CPU 95 %, event-loop lag 3.00 ms: the generator is at its limit');
    expect(text).toMatch(/^health +50 +p95 10\.0 ms$/m);
  });
  it('says so before the first sample', () => {
    expect(frame({ elapsedMs: undefined })).toBe('starting …');
  });
  it('lets no name steer the terminal', () => {
    const raw = renderFrame({
      measurement: measured(),
      thresholds: {},
      elapsedMs: 1,
      durationMs: 10,
      rate: 1,
      columns: 80,
    }).join('\n');
    expect(raw).not.toContain('\u001b[2J');
  });
});

it('judges what it can judge while the load goes on', () => {
  const states = limitStates(
    { checks: ['rate>0.99', 'rate>=0.95'], 'http_req_duration{name:none}': ['p(95)<1'], http_req_duration: ['med<=9'] },
    measured(),
  );
  expect(states.map(({ ok }) => ok)).toEqual([false, true, undefined, false]);
});

it('draws the last values, and gaps as gaps', () => {
  expect(sparkline([8, null, 4, 0], 6)).toBe('█ ▅▁  ');
  expect(sparkline([1, 2, 3, 4, 5, 6, 7, 8], 3)).toBe('▇██');
  expect(sparkline([], 2)).toBe('  ');
});

describe('the screen', () => {
  function terminal(columns: number, rows: number) {
    const stream = Object.assign(new PassThrough(), { columns, rows });
    const screen = new LiveScreen(stream as unknown as NodeJS.WriteStream);
    const written = (): string => String(stream.read() ?? '');
    written();
    return { stream, screen, written };
  }
  it('draws over the last frame in one write', () => {
    const { screen, written } = terminal(80, 24);
    screen.draw(['one', 'two']);
    expect(written()).not.toMatch(/\u001b\[\d+A/);
    screen.draw(['three']);
    expect(written()).toMatch(/\r\u001b\[2Athree\u001b\[K\n\u001b\[J/);
    screen.clear();
    expect(written()).toBe('\r\u001b[1A\u001b[J\u001b[?25h');
  });
  it('never wraps, never scrolls, and counts the lines that a narrower terminal wrapped', () => {
    const { stream, screen, written } = terminal(40, 4);
    screen.draw(['x'.repeat(100), 'two', 'three', 'four']);
    expect(stripVTControlCharacters(written())).toBe(`\r${'x'.repeat(39)}\ntwo\nthree\n`);
    stream.columns = 20;
    stream.rows = 24;
    screen.draw(['one']);
    expect(written()).toContain('\r\u001b[4A');
  });
});
