/** What a reader sees in report.html, in a real browser. */
import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { source as axeSource, type AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { renderHtml } from '../../../src/report/html/index.ts';
import { writeReports } from '../../../src/report/index.ts';
import { loadReportData, loadSideBySide } from '../../../src/report/load-data.ts';
import { endpointResult } from '../../fixtures/record.ts';
import { hostile, reportKinds, runsSideBySide, type ReportKind } from '../../fixtures/reports.ts';
import { endpointNames, storeRun, type FolderOptions } from '../../fixtures/run-folder.ts';
import { haveChromium, launch, openFile, type Watched } from './chromium.ts';

describe.skipIf(!haveChromium)(`report.html in a browser${haveChromium ? '' : ' (skipped: needs chromium)'}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => browser.close());

  type View = Parameters<typeof openFile>[2];
  const report = (options: FolderOptions = {}, view: View = {}): Promise<Watched> =>
    kind(() => storeRun(options), view);

  async function kind(make: ReportKind, view: View = {}): Promise<Watched> {
    const { dir, record, comparison: compared } = await make();
    await writeReports(dir, record, compared, ['html']);
    return opened(path.join(dir, 'report.html'), view);
  }

  async function opened(file: string, view: View = {}): Promise<Watched> {
    const watched = await openFile(browser, file, view);
    onTestFinished(() => watched.page.context().close());
    return watched;
  }
  const clean = ({ errors, requests }: Watched): void => {
    expect(errors).toEqual([]);
    expect(requests).toEqual([]);
  };
  /** What axe finds; and whether the page is as wide as its window. */
  async function accessible({ page }: Watched, colours: 'as opened' | 'both' = 'as opened'): Promise<void> {
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    // The page's policy refuses added scripts; the debugger's are not the page's.
    await page.evaluate(axeSource);
    for (const other of colours === 'both' ? [false, true] : [false]) {
      if (other) await page.locator('#theme').click();
      const { violations } = await page.evaluate<AxeResults>('axe.run()');
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    }
  }
  const firstCells = (page: Page, caption: string): Promise<string[]> =>
    page.locator(`table:has(caption:text-is("${caption}")) tbody tr > :first-child`).allInnerTexts();

  it('shows the verdict first, then figures, tables and charts of a good run', async () => {
    const watched = await report();
    const { page } = watched;
    expect(await page.locator('main > *').first().getAttribute('class')).toBe('verdict PASS');
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toContain('PASS');
    expect(await page.getByText('All limits held.').isVisible()).toBe(true);
    expect(await firstCells(page, 'Endpoints')).toEqual(endpointNames);
    expect(await page.locator('.chart canvas').count()).toBe(8);
    expect(await page.locator('figcaption').allInnerTexts()).toContain('Latency by percentile');
    clean(watched);
  });

  it('says why a run failed, how far it is from its limits, and what failing requests looked like', async () => {
    const watched = await kind(reportKinds.failing);
    const { page } = watched;
    expect(await page.locator('.verdict').innerText()).toContain('threshold crossed: http_req_duration: p(95)<9');
    expect(await firstCells(page, 'Thresholds')).toEqual(['http_req_duration', 'http_req_failed']);
    expect(await page.locator('table:has(caption:text-is("Thresholds")) tbody tr').first().innerText()).toMatch(
      /crossed.*10\.8 ms.*−20 %/s,
    );
    expect(await page.getByText('500 POST').isVisible()).toBe(true);
    await page.getByText('500 POST').click();
    expect(await page.getByText('{"no":1}').isVisible()).toBe(true);
    expect(await page.getByRole('img', { name: '+18 % to +26 %' }).isVisible()).toBe(true);
    expect(await page.getByText('3 more runs would likely settle it').isVisible()).toBe(true);
    clean(watched);
  });

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
  });

  it('has something to show of an interrupted run and of one without a request', async () => {
    const cut = await kind(reportKinds.interrupted);
    expect(await cut.page.locator('.verdict').innerText()).toContain('the run was interrupted');
    expect(await cut.page.getByText('too short for a course over time').isVisible()).toBe(true);
    expect(await cut.page.getByRole('button', { name: 'Zoom in' }).count()).toBe(0);
    await accessible(cut);
    clean(cut);
    const none = await kind(reportKinds['without a request']);
    expect(await none.page.locator('main').innerText()).toContain('No request was made.');
    expect(await none.page.locator('canvas').count()).toBe(0);
    await accessible(none);
    clean(none);
  });

  it('shows hostile text as text, cut to a readable length', async () => {
    const watched = await kind(reportKinds.hostile);
    const { page } = watched;
    expect(await page.locator('.verdict').innerText()).toContain('<script>alert(1)</script>');
    expect(await page.locator('main img[src], main script').count()).toBe(0);
    const rows = await page.locator('main tr').all();
    const tallest = Math.max(...(await Promise.all(rows.map(async (row) => (await row.boundingBox())?.height ?? 0))));
    expect(tallest).toBeLessThan(300);
    await accessible(watched);
    clean(watched);
  });

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
  });

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
  });

  it('follows the dark mode of the system, and the button', async () => {
    const background = (page: Page): Promise<unknown> =>
      page.evaluate('getComputedStyle(document.body).backgroundColor');
    const { page } = await report({}, { colorScheme: 'dark' });
    expect(await background(page)).toBe('rgb(15, 19, 24)');
    await page.getByRole('button', { name: 'Light' }).click();
    expect(await background(page)).toBe('rgb(244, 245, 247)');
  });

  it('prints on white, without its buttons', async () => {
    const { page } = await report({}, { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.locator('#theme').isVisible()).toBe(false);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(10_000);
  });

  it.each([
    ['wide', 1280],
    ['on a phone', 390],
  ])('has no serious fault of accessibility, %s', async (_, width) => {
    await accessible(await kind(reportKinds.failing, { width }), 'both');
  });

  it('moves the cursors of all charts over time together', async () => {
    const { page } = await report();
    const times = (): Promise<string[]> =>
      page.locator('.chart:not([data-chart=distribution]) .u-series:first-child .u-value').allInnerTexts();
    expect(new Set(await times())).toEqual(new Set(['']));
    await page.locator('[data-chart=rate] .u-over').hover({ position: { x: 200, y: 50 } });
    const [first = '', ...others] = await times();
    expect(first).toMatch(/^0:\d\d$/);
    expect(others).toHaveLength(6);
    expect(new Set(others)).toEqual(new Set([first]));
  });

  it('draws what a target tells of itself in units that people read', async () => {
    const watched = await report();
    expect(await watched.page.locator('figcaption').allInnerTexts()).toEqual(
      expect.arrayContaining(['CPU of the server, in cores', 'Memory of the server', 'connections']),
    );
    expect(await watched.page.locator('#about-server-0').innerText()).toContain(
      'CPU of the server, in cores 0.1 to 0.3',
    );
    expect(await watched.page.locator('#about-server-1').innerText()).toMatch(/90\.0 MB to 95\.9 MB/);
    expect(await watched.page.getByText('process_start_time_seconds').count()).toBe(0);
    clean(watched);
  });

  it('shows a capacity search: statement, headroom, knee, the team’s table', async () => {
    const watched = await kind(reportKinds['a capacity search']);
    const { page } = watched;
    expect(await page.locator('main h2').first().innerText()).toBe('Capacity');
    expect(await page.getByText(/^The target holds \d+ req\/s; at \d+ req\/s: p95/).isVisible()).toBe(true);
    expect(await page.getByText(/^Expected peak 200 req\/s: enough, headroom \+\d+ %/).isVisible()).toBe(true);
    expect(await page.getByText(/^The server at the knee: .*memory 90\.0 MB/).isVisible()).toBe(true);
    expect(await page.getByRole('img', { name: /the knee is at 2\d\d requests a second/ }).isVisible()).toBe(true);
    expect(await page.locator('.plot circle.fails').count()).toBeGreaterThan(0);
    expect(await firstCells(page, 'Capacity')).toEqual(['200', '500', '1,000']);
    await accessible(watched);
    clean(watched);
  });

  it('shows the runs before, and from which of them on the level changed', async () => {
    const watched = await kind(reportKinds['one of a history']);
    const { page } = watched;
    expect(await page.getByRole('img', { name: 'p95 of the last 12 runs' }).isVisible()).toBe(true);
    expect(await page.getByText('p95 21.0 ms → 33.0 ms from 20261116T010000Z-baseline-000006 on').isVisible()).toBe(
      true,
    );
    expect((await firstCells(page, 'Earlier runs')).length).toBe(12);
    await accessible(watched);
    clean(watched);
  });

  it('puts several runs side by side', async () => {
    const { root, runs } = await runsSideBySide();
    const file = path.join(root, 'side.html');
    await writeFile(file, renderHtml(await loadSideBySide(runs)));
    const watched = await opened(file);
    const { page } = watched;
    expect(await page.locator('.verdict').count()).toBe(2);
    expect(await firstCells(page, 'Endpoints, run by run')).toEqual(endpointNames);
    expect(await page.locator('#about-latency').innerText()).toMatch(/^A .* · B /);
    await accessible(watched);
    clean(watched);
  });

  it('shows an hour of six endpoints in less than 1.5 MB', async () => {
    const { dir, record } = await reportKinds['an hour long']();
    await writeReports(dir, record, undefined, ['html']);
    const file = path.join(dir, 'report.html');
    expect(statSync(file).size).toBeLessThan(1_500_000);
    const watched = await opened(file);
    expect(await watched.page.locator('#range').innerText()).toBe('0:00 to 59:54');
    expect(await watched.page.getByText('A point stands for 6 seconds.').isVisible()).toBe(true);
    await accessible(watched);
    clean(watched);
  });
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
