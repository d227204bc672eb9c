/** The live page: what its server tells and refuses, what a reader sees, and how it ends. */
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { source as axeSource, type AxeResults } from 'axe-core';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { LiveRun } from '../../../src/report/live/feed.ts';
import { LiveView } from '../../../src/report/live/server.ts';
import type { LiveCharts, LiveState } from '../../../src/report/live/types.ts';
import { Measurement } from '../../../src/results/measure.ts';
import {
  gravlLoad,
  recordOf,
  root,
  target,
  temporaryFolder,
  unhurriedFolder,
  type Finished,
} from '../../e2e/harness.ts';
import { haveChromium, launch, newPage } from '../html/chromium.ts';

/** `run --ui` and its address, as soon as it has said it. */
function runWithPage(
  args: readonly string[],
  cwd = root,
): {
  url: Promise<string>;
  child: ChildProcess;
  finished: Promise<Finished>;
} {
  let child: ChildProcess | undefined;
  let tell: (url: string) => void;
  const url = new Promise<string>((resolve) => (tell = resolve));
  const finished = gravlLoad(['run', '--ui', '--results', temporaryFolder(), ...args], {
    cwd,
    onStart(started) {
      child = started;
      let said = '';
      started.stderr?.on('data', (chunk: string) => {
        said += chunk;
        const found = /^Live view: (http:\/\/127\.0\.0\.1:\d+\/)$/m.exec(said)?.[1];
        if (found !== undefined) tell(found);
      });
    },
  });
  onTestFinished(() => void child?.kill('SIGKILL'));
  return { url, child: child!, finished };
}

/** Every event until the stream ends. */
async function* eventsOf(url: string): AsyncGenerator<{ event: string; data: unknown }> {
  const answer = await fetch(`${url}events`);
  expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
  let rest = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event = '', data = ''] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
      yield { event, data: JSON.parse(data) as unknown };
    }
  }
}

const statusFor = (url: string, headers: http.OutgoingHttpHeaders, method = 'GET'): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    http
      .request(url, { headers, method }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end();
  });

/** A view in this process, and a run whose seconds the test makes. */
async function drivenView(
  change: Partial<LiveRun> = {},
): Promise<{ view: LiveView; second: (endpoint?: string) => void }> {
  const faults: string[] = [];
  const view = await LiveView.start(0, (text) => faults.push(text));
  onTestFinished(async () => {
    await view.close();
    expect(faults).toEqual([]);
  });
  const measurement = new Measurement((lines) => view.lines(lines));
  view.begin({
    plan: { env: 'local', profile: 'smoke', durationMs: 60_000 },
    url: 'http://127.0.0.1:1',
    engine: 'embedded',
    scenarios: ['health'],
    thresholds: { http_req_duration: ['p(95)<4'], http_req_failed: ['rate<0.5'] },
    measurement,
    redact: (value) => value,
    ...change,
  });
  let t = 0;
  const second = (endpoint = 'health'): void => {
    const counted = { requests: 10, failed: 1, errors: { 'status 500': 1 }, p50: 5, p95: 6, p99: 7 };
    const hist = [[5000, 10] as const];
    measurement.engineSecond({ t, endpoint, ...counted, hist });
    const generator = { lagP99: 2, cpu: 0.25 };
    measurement.engineSecond({ t: t++, endpoint: '', ...counted, hist, vus: 3, iterations: 10, generator });
  };
  return { view, second };
}

describe('the server of the live page', () => {
  it('tells of a run as it goes on, hands over the report, and lets the run end with its own exit code', async () => {
    const { url: backend } = await target({ errorRate: 1 });
    const run = runWithPage([
      '--base-url',
      backend,
      '--profile',
      'smoke',
      '--scenario',
      'exercises',
      '--duration',
      '8s',
      '--json',
    ]);
    const url = await run.url;
    const states: LiveState[] = [];
    let last: { event: string; data: unknown } | undefined;
    let points = 0;
    for await (const told of eventsOf(url)) {
      last = told;
      if (told.event === 'state') states.push(told.data as LiveState);
      if (told.event !== 'charts') continue;
      const { from, charts } = told.data as LiveCharts;
      expect(from).toBeLessThanOrEqual(points);
      points = from + charts[0]!.x.length;
    }
    expect(last).toEqual({ event: 'report', data: '/report.html' });
    expect(points).toBeGreaterThanOrEqual(8);
    const requests = states.map((state) => state.requests);
    expect(requests).toEqual([...requests].sort((a, b) => a - b));
    expect(requests.at(-1)).toBeGreaterThan(0);
    expect(states.at(-1)).toMatchObject({ phase: 'judging', profile: 'smoke', errors: 1 });
    expect(states.at(-1)?.limits.find(({ metric }) => metric === 'http_req_failed')?.ok).toBe(false);
    const report = await fetch(`${url}report.html`);
    expect(await report.text()).toMatch(/<title>(FAIL|INVALID): local \/ smoke<\/title>/);
    const finished = await run.finished;
    expect(finished.exitCode).toBe(99);
    expect(finished.stderr).toBe(`Live view: ${url}\n`);
    // INVALID where the machine is too busy to measure.
    expect(['FAIL', 'INVALID']).toContain(recordOf(finished).verdict.state);
  });

  it('answers to its own names only, and to nothing but reading', async () => {
    const { view } = await drivenView();
    const { host, port } = new URL(view.url);
    for (const name of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1.evil.example:${port}`]) {
      for (const file of ['', 'events', 'report.html', 'live.js']) {
        expect(await statusFor(view.url + file, { host: name })).toBe(403);
      }
    }
    expect(await statusFor(view.url, { host })).toBe(200);
    expect(await statusFor(view.url, { host: `localhost:${port}` })).toBe(200);
    expect(await statusFor(view.url, { host }, 'POST')).toBe(404);
    expect(await statusFor(`${view.url}report.html`, { host })).toBe(404);
    expect(await statusFor(`${view.url}../package.json`, { host })).toBe(404);
    const page = await fetch(view.url);
    expect(page.headers.get('access-control-allow-origin')).toBeNull();
    expect(page.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(await page.text()).not.toMatch(/<style|<script>|style=|onload=/);
  });

  it('takes the secrets of the run out of what it tells', async () => {
    const redact = <T>(value: T): T => JSON.parse(JSON.stringify(value).replaceAll('s3cret', '***')) as T;
    const { view, second } = await drivenView({ redact, url: 'http://user:s3cret@127.0.0.1:1' });
    second('of s3cret');
    for await (const { event, data } of eventsOf(view.url)) {
      if (event !== 'state') continue;
      expect(data).toMatchObject({ target: 'http://user:***@127.0.0.1:1', endpoints: [{ name: 'of ***' }] });
      break;
    }
  });

  it('refuses a port that is taken before any load is sent, and a port without a page', async () => {
    const { view } = await drivenView();
    const { port } = new URL(view.url);
    const taken = await gravlLoad(['run', '--ui', '--ui-port', port, '--results', temporaryFolder()]);
    expect(taken.exitCode).toBe(2);
    expect(taken.stderr).toContain(`port ${port} on 127.0.0.1 is taken (--ui-port)`);
    const alone = await gravlLoad(['run', '--ui-port', port, '--dry-run']);
    expect(alone.exitCode).toBe(2);
    expect(alone.stderr).toContain('give --ui, too');
  });

  it('waits for a page that never takes the report only until somebody is in a hurry', async () => {
    const { view, second } = await drivenView();
    second();
    const file = path.join(temporaryFolder(), 'report.html');
    writeFileSync(file, '<!doctype html>');
    const stays = eventsOf(view.url);
    expect((await stays.next()).value).toMatchObject({ event: 'state' });
    await view.report(file, AbortSignal.timeout(100));
    const late = eventsOf(view.url);
    expect((await late.next()).value).toEqual({ event: 'report', data: '/report.html' });
    expect((await late.next()).done).toBe(true);
    expect(await (await fetch(`${view.url}report.html`)).text()).toBe('<!doctype html>');
  });
});

describe.skipIf(!haveChromium)('the live page in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  it('shows the run while it goes on, and turns into the report', async () => {
    const run = runWithPage(['--profile', 'smoke', '--vus', '3', '--duration', '20m', '--quiet'], unhurriedFolder());
    const { page, errors, requests } = await newPage(browser);
    await page.goto(await run.url);
    const figure = async (name: string): Promise<string> =>
      page.locator(`#figures div:has(dt:text-is("${name}")) dd`).innerText();
    await page.locator('.chart canvas').nth(3).waitFor({ timeout: 300_000 });
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('local · smoke');
    expect(await page.locator('#phase').innerText()).toBe('Running');
    expect(await page.locator('figcaption').allInnerTexts()).toEqual(
      expect.arrayContaining(['Latency', 'Requests per second', 'Failed requests', 'Virtual users']),
    );
    await expect.poll(() => figure('requests'), { timeout: 300_000 }).toMatch(/[1-9]/);
    const before = [await figure('requests'), await page.locator('#range').innerText()];
    await expect.poll(() => figure('requests'), { timeout: 300_000 }).not.toBe(before[0]);
    await expect.poll(() => page.locator('#range').innerText(), { timeout: 300_000 }).not.toBe(before[1]);
    expect(await page.locator('#about-latency').innerText()).toMatch(/p50 .* p99 /);
    await expect.poll(() => figure('users'), { timeout: 300_000 }).toBe('3');
    expect(await figure('limits')).toMatch(/^✓ \d+ hold$/);
    expect(await figure('generator CPU')).toMatch(/ %$/);
    expect(await page.locator('#limits tr').first().innerText()).toMatch(/http_req_duration.*p\(95\)<.* ms.*holds/s);
    expect(await page.locator('#endpoints th').count()).toBeGreaterThanOrEqual(4);
    await page.locator('#endpoint').selectOption('health');
    run.child.kill('SIGINT');
    await page.waitForURL('**/report.html', { timeout: 300_000 });
    expect(await page.locator('.verdict').innerText()).toContain('INVALID');
    expect(await page.locator('.chart canvas').count()).toBeGreaterThanOrEqual(4);
    expect((await run.finished).exitCode).toBe(130);
    expect(errors).toEqual([]);
    const { origin } = new URL(await run.url);
    expect(requests.filter((asked) => !asked.startsWith(origin))).toEqual([]);
  });

  it('keeps a zoom while points arrive, shows hostile names as text, is accessible, says when nothing more comes', async () => {
    const evil = `<img src=x onerror=alert(1)>"'</script>\u202Eevil${'x'.repeat(5000)}`;
    const { view, second } = await drivenView({ scenarios: [evil], engine: evil });
    for (let i = 0; i < 20; i++) second(evil);
    const { page, errors } = await newPage(browser, { colorScheme: 'dark', width: 390 });
    await page.goto(view.url);
    await page.locator('.chart canvas').nth(3).waitFor();
    const range = page.locator('#range');
    expect(await range.innerText()).toBe('0:00 to 0:19');
    second(evil);
    await expect.poll(() => range.innerText(), { timeout: 300_000 }).toBe('0:00 to 0:20');
    await page.getByRole('button', { name: 'Zoom in' }).click();
    const zoomed = await range.innerText();
    second(evil);
    await expect.poll(() => page.locator('#figures').innerText(), { timeout: 300_000 }).toContain('220');
    expect(await range.innerText()).toBe(zoomed);
    expect(await page.locator('#endpoints th').innerText()).toContain('<img src=x onerror=alert(1)>');
    expect(await page.locator('#limits tr').first().innerText()).toMatch(/http_req_duration.*crossed/s);
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.evaluate(axeSource);
    const { violations } = await page.evaluate<AxeResults>('axe.run()');
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
    await view.close();
    await page.getByText('The run has ended without a report.').waitFor();
    expect(errors).toEqual([]);
  });
});
