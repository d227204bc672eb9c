/** What a reader sees in report.html, in a real browser. */
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { source as axeSource, type AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BaselineComparison, Comparison } from '../../../src/analysis/compare/types.ts';
import type { RunRecord } from '../../../src/results/record.ts';
import { renderHtml } from '../../../src/report/html/index.ts';
import { writeReports } from '../../../src/report/index.ts';
import { loadReportData, loadSideBySide } from '../../../src/report/load-data.ts';
import { endpointResult } from '../../fixtures/record.ts';
import { endpointNames, newResults, storeRun, type FolderOptions } from '../../fixtures/run-folder.ts';
import { haveChromium, launch, openFile, type Watched } from './chromium.ts';

const row = (endpoint: string, value: number, outcome: Comparison['outcome']): Comparison => ({
  endpoint,
  metric: 'p95',
  unit: 'ms',
  baseline: 10,
  candidate: 10 * (1 + value),
  effect: { kind: 'relative', value, low: value - 0.04, high: value + 0.04 },
  margin: 0.05,
  pWorse: 0.01,
  pBetter: 1,
  outcome,
  detectable: null,
  moreRuns: outcome === 'inconclusive' ? 3 : null,
});
const comparison: BaselineComparison = {
  schemaVersion: 1,
  against: 'local/baseline',
  state: 'compared',
  reasons: [],
  report: {
    baselineRuns: ['a', 'b'],
    candidateRuns: ['c'],
    outcome: 'worse',
    weak: true,
    notes: [],
    comparisons: [row('', 0.22, 'worse'), row('health', 0, 'same'), row('search', 0.04, 'inconclusive')],
  },
};
const crossed: Partial<RunRecord> = {
  exitCode: 99,
  verdict: { state: 'FAIL', reasons: ['threshold crossed: http_req_duration: p(95)<9'] },
  thresholds: [
    { metric: 'http_req_failed', expression: 'rate<0.01', ok: true, value: 0.002, limit: 0.01, abortOnFail: false },
    { metric: 'http_req_duration', expression: 'p(95)<9', ok: false, value: 10.8, limit: 9, abortOnFail: false },
  ],
  samples: [
    {
      endpoint: 'login',
      method: 'POST',
      url: 'http://127.0.0.1/login',
      status: 500,
      error: '',
      body: '{"no":1}',
      count: 9,
    },
  ],
};
const evil = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>\u202Eevil${'x'.repeat(10_000)}</style></script><!--`;
const hostile: Partial<RunRecord> = {
  id: evil,
  env: evil,
  profile: evil,
  scenarios: [evil],
  plan: { [evil]: evil },
  planHash: evil,
  engine: { name: 'embedded', version: evil },
  suiteVersion: evil,
  git: { commit: evil, branch: evil, dirty: true },
  machine: { cpus: 2, model: evil, memoryMb: 1, os: evil, node: evil, class: evil },
  target: { url: evil, version: evil, restarted: true },
  tags: { [evil]: evil },
  verdict: { state: 'INVALID', reasons: [evil] },
  thresholds: [{ metric: evil, expression: evil, ok: false, value: 1, limit: 1, abortOnFail: false }],
  checks: [{ name: evil, path: evil, passes: 1, fails: 2 }],
  endpoints: [endpointResult({ name: evil, failed: 3, errors: { [evil]: 3 } }), endpointResult({ name: 'سلام' })],
  samples: [{ endpoint: evil, method: evil, url: evil, status: 0, error: evil, body: evil, count: 1 }],
  missing: { [evil]: evil },
};

describe.skipIf(!haveChromium)(`report.html in a browser${haveChromium ? '' : ' (skipped: needs chromium)'}`, () => {
  let browser: Browser;
  const open: Watched[] = [];
  beforeAll(async () => {
    browser = await launch();
  }, 60_000);
  afterAll(async () => browser.close());

  async function report(
    options: FolderOptions = {},
    view: Parameters<typeof openFile>[2] = {},
    compared?: BaselineComparison,
  ): Promise<Watched> {
    const { dir, record } = await storeRun(options);
    await writeReports(dir, record, compared, ['html']);
    const watched = await openFile(browser, path.join(dir, 'report.html'), view);
    open.push(watched);
    return watched;
  }
  const clean = ({ errors, requests }: Watched): void => {
    expect(errors).toEqual([]);
    expect(requests).toEqual([]);
  };
  const firstCells = (page: Page, caption: string): Promise<string[]> =>
    page.locator(`table:has(caption:text-is("${caption}")) tbody tr > :first-child`).allInnerTexts();

  it('shows the verdict first, then figures, tables and charts of a good run', async () => {
    const watched = await report();
    const { page } = watched;
    expect(await page.locator('main > *').first().getAttribute('class')).toBe('verdict PASS');
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('PASS');
    expect(await page.getByText('All limits held.').isVisible()).toBe(true);
    expect(await firstCells(page, 'Endpoints')).toEqual(endpointNames);
    expect(await page.locator('.chart canvas').count()).toBe(7);
    expect(await page.locator('figcaption').allInnerTexts()).toContain('Latency by percentile');
    clean(watched);
  }, 60_000);

  it('says why a run failed, how far it is from its limits, and what failing requests looked like', async () => {
    const watched = await report({ record: crossed }, {}, comparison);
    const { page } = watched;
    expect(await page.locator('.verdict').innerText()).toContain('threshold crossed: http_req_duration: p(95)<9');
    expect(await firstCells(page, 'Thresholds')).toEqual(['http_req_duration', 'http_req_failed']);
    expect(await page.locator('table:has(caption:text-is("Thresholds")) tbody tr').first().innerText()).toMatch(
      /−20 %.*crossed/s,
    );
    expect(await page.getByText('500 POST').isVisible()).toBe(true);
    await page.getByText('500 POST').click();
    expect(await page.getByText('{"no":1}').isVisible()).toBe(true);
    expect(await page.getByRole('img', { name: '+18 % to +26 %' }).isVisible()).toBe(true);
    expect(await page.getByText('3 more runs would settle it').isVisible()).toBe(true);
    clean(watched);
  }, 60_000);

  it('shows the times from the intended start where users waited for their turn', async () => {
    const waited = endpointResult({
      name: 'login',
      fromIntended: { min: 1, avg: 400, med: 300, p90: 900, p95: 1250, p99: 1400, max: 1500 },
    });
    const watched = await report({ record: { endpoints: [endpointResult(), waited] } });
    expect(await firstCells(watched.page, 'From the intended start')).toEqual(['login']);
    const row = watched.page.locator('table:has(caption:text-is("From the intended start")) tbody tr');
    expect(await row.innerText()).toMatch(/1\.25 s.*10\.0 ms/s);
    expect(await watched.page.getByText('Iterations started late because no user was free').isVisible()).toBe(true);
    clean(watched);
  }, 60_000);

  it('has something to show of an interrupted run and of one without a request', async () => {
    const cut = await report({
      seconds: 1,
      record: { interrupted: true, verdict: { state: 'INVALID', reasons: ['the run was interrupted'] } },
    });
    expect(await cut.page.locator('.verdict').innerText()).toContain('the run was interrupted');
    clean(cut);
    const none = await report({
      record: {
        verdict: { state: 'INVALID', reasons: ['no request was made'] },
        total: endpointResult({ name: '', requests: 0, rate: 0, duration: null }),
        endpoints: [],
        thresholds: [],
        checks: [],
        durationSeconds: 0,
      },
    });
    expect(await none.page.locator('main').innerText()).toContain('No request was made.');
    expect(await none.page.locator('canvas').count()).toBe(0);
    clean(none);
  }, 60_000);

  it('shows hostile text as text, cut to a readable length', async () => {
    const watched = await report({ record: hostile, seconds: 5 });
    const { page } = watched;
    expect(await page.locator('.verdict').innerText()).toContain('<script>alert(1)</script>');
    expect(await page.locator('main img[src], main script').count()).toBe(0);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    const rows = await page.locator('main tr').all();
    const tallest = Math.max(...(await Promise.all(rows.map(async (row) => (await row.boundingBox())?.height ?? 0))));
    expect(tallest).toBeLessThan(300);
    clean(watched);
  }, 60_000);

  it('sorts a table by its heads, with mouse and keyboard, and says so', async () => {
    const { page } = await report();
    const head = page.getByRole('button', { name: 'avg', exact: true });
    await head.click();
    expect(await firstCells(page, 'Endpoints')).toEqual([...endpointNames].reverse());
    await head.press('Enter');
    expect(await firstCells(page, 'Endpoints')).toEqual(endpointNames);
    expect(await page.locator('th[aria-sort]').getAttribute('aria-sort')).toBe('ascending');
    await page.getByRole('button', { name: 'endpoint', exact: true }).first().click();
    expect(await firstCells(page, 'Endpoints')).toEqual([...endpointNames].sort());
  }, 60_000);

  it('zooms all charts over time together, by dragging and by buttons', async () => {
    const watched = await report();
    const { page } = watched;
    const range = page.locator('#range');
    expect(await range.innerText()).toBe('0:00 to 0:59');
    await page.getByRole('button', { name: 'Zoom in' }).click();
    expect(await range.innerText()).toBe('0:15 to 0:44');
    await page.getByRole('button', { name: 'Whole run' }).click();
    await page.locator('[data-chart=rate]').scrollIntoViewIfNeeded();
    const plot = (await page.locator('[data-chart=rate] .u-over').boundingBox())!;
    await page.mouse.move(plot.x + plot.width * 0.5, plot.y + 50);
    await page.mouse.down();
    await page.mouse.move(plot.x + plot.width * 0.75, plot.y + 60, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => range.innerText()).toMatch(/^0:(29|30) to 0:4[45]$/);
    await page.locator('#endpoint').selectOption('login');
    expect(await page.locator('#about-latency').innerText()).toContain('p95');
    clean(watched);
  }, 60_000);

  it('follows the dark mode of the system, and the button', async () => {
    const background = (page: Page): Promise<unknown> =>
      page.evaluate('getComputedStyle(document.body).backgroundColor');
    const { page } = await report({}, { colorScheme: 'dark' });
    expect(await background(page)).toBe('rgb(15, 19, 24)');
    await page.getByRole('button', { name: 'Light' }).click();
    expect(await background(page)).toBe('rgb(244, 245, 247)');
  }, 60_000);

  it('prints on white, without its buttons', async () => {
    const { page } = await report({}, { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.locator('#theme').isVisible()).toBe(false);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
  }, 60_000);

  it.each([
    ['light', crossed, 1280],
    ['dark', crossed, 1280],
    ['light', {}, 390],
  ] as const)(
    'has no serious fault of accessibility (%s)',
    async (colorScheme, record, width) => {
      const { page } = await report({ record, seconds: 20 }, { colorScheme, width }, comparison);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      // The page's policy refuses added scripts; the debugger's are not the page's.
      await page.evaluate(axeSource);
      const { violations } = await page.evaluate<AxeResults>('axe.run()');
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    },
    60_000,
  );

  it('puts several runs side by side', async () => {
    const root = newResults();
    const first = await storeRun({ record: { id: '20261124T010000Z-baseline-00000a' } }, root);
    const second = await storeRun({ record: { id: '20261124T020000Z-baseline-00000b', ...crossed }, slower: 2 }, root);
    const file = path.join(root, 'side.html');
    await writeFile(file, renderHtml(await loadSideBySide([first, second])));
    const watched = await openFile(browser, file);
    const { page } = watched;
    expect(await page.locator('.verdict').count()).toBe(2);
    expect(await firstCells(page, 'Endpoints, run by run')).toEqual(endpointNames);
    expect(await page.locator('#about-latency').innerText()).toMatch(/^A .* · B /);
    clean(watched);
  }, 60_000);

  it('shows an hour of six endpoints in less than 1.5 MB', async () => {
    const { dir, record } = await storeRun({ seconds: 3600, rate: 1000 });
    await writeReports(dir, record, undefined, ['html']);
    const file = path.join(dir, 'report.html');
    expect(statSync(file).size).toBeLessThan(1_500_000);
    const watched = await openFile(browser, file);
    expect(await watched.page.locator('#range').innerText()).toBe('0:00 to 59:54');
    expect(await watched.page.getByText('A point stands for 6 seconds.').isVisible()).toBe(true);
    clean(watched);
  }, 120_000);
});

describe('report.html', () => {
  it('allows nothing but its own script and style, by their hashes', async () => {
    const { dir, record } = await storeRun({ seconds: 3 });
    const text = renderHtml(await loadReportData(record, dir, undefined));
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(text)?.[1] ?? '';
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'$/,
    );
  });
  it('leaves no hostile text unescaped', async () => {
    const { dir, record } = await storeRun({ record: hostile, seconds: 3 });
    const text = renderHtml(await loadReportData(record, dir, undefined));
    expect(text).not.toContain('<script>alert');
    expect(text).not.toContain('<img');
  });
});
