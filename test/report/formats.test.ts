import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { renderCsv, renderJson } from '../../src/report/data-formats.ts';
import { renderAnnotations } from '../../src/report/github.ts';
import { renderJUnit } from '../../src/report/junit.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { renderPng } from '../../src/report/png.ts';
import { endpointResult, runRecord } from '../fixtures/record.ts';
import { newResults, storeRun } from '../fixtures/run-folder.ts';
import { haveChromium } from './html/chromium.ts';

const root = path.resolve(import.meta.dirname, '../..');
const bin = path.join(root, 'bin', 'gravl-load.js');
const hostile = '"a",<b>\r\n&\u0007=1+1';
const failed = runRecord({
  verdict: { state: 'FAIL', reasons: ['threshold crossed'] },
  thresholds: [
    { metric: 'http_req_failed', expression: 'rate<0.01', ok: false, value: 0.05, limit: 0.01, abortOnFail: false },
    { metric: 'own', expression: 'value<1', ok: false, value: 2, limit: 1, abortOnFail: false },
  ],
  endpoints: [
    endpointResult({ name: hostile, failed: 2 }),
    endpointResult({ name: '=HYPERLINK("x")', duration: null }),
  ],
  checks: [{ name: hostile, path: `::${hostile}`, passes: 1, fails: 1 }],
});

const haveXmllint = spawnSync('xmllint', ['--version']).error === undefined;
describe.skipIf(!haveXmllint)(`junit.xml${haveXmllint ? '' : ' (skipped: needs xmllint)'}`, () => {
  it.each([
    ['of a good run', runRecord()],
    ['of a failed run with hostile names', failed],
    ['of a run without thresholds and checks', runRecord({ thresholds: [], checks: [] })],
  ])('%s follows the schema that CI viewers read', (_, record) => {
    const file = path.join(newResults(), 'junit.xml');
    writeFileSync(file, renderJUnit(record));
    const schema = path.join(root, 'test/fixtures/junit/junit.xsd');
    expect(spawnSync('xmllint', ['--noout', '--schema', schema, file], { encoding: 'utf8' })).toMatchObject({
      status: 0,
    });
  });
});

describe('report.csv', () => {
  it('has a line an endpoint and one for all, whatever the names are', () => {
    const { data, errors } = Papa.parse<string[]>(renderCsv(failed), { skipEmptyLines: true });
    expect(errors).toEqual([]);
    expect(data.map((row) => row[3])).toEqual(['endpoint', hostile, `'=HYPERLINK("x")`, '(all)']);
    expect(new Set(data.map((row) => row.length))).toEqual(new Set([14]));
    expect(data[1]?.slice(4, 7)).toEqual(['300', '10', '2']);
    expect(data[2]?.slice(7)).toEqual(['', '', '', '', '', '', '']);
  });
});

it('report.json is the record and its comparison', () => {
  expect(JSON.parse(renderJson(failed))).toEqual({ ...failed, comparison: null });
});

describe('annotations for GitHub', () => {
  it('point at the line that states the limit', () => {
    const [first = '', second = ''] = renderAnnotations(failed, undefined, root).split('\n');
    const [, file = '', line = ''] = /^::error file=([^,]+),line=(\d+),title=Threshold crossed::/.exec(first) ?? [];
    expect(readFileSync(path.join(root, file), 'utf8').split('\n')[Number(line) - 1]).toContain(
      `http_req_failed: ['rate<0.01'`,
    );
    expect(first).toContain('local/baseline: http_req_failed rate<0.01, observed 5 %25');
    expect(second).toBe('::error title=Threshold crossed::local/baseline: own value<1, observed 2');
  });
  it('let no text of a run become a command', () => {
    const record = runRecord({ env: 'a\n::error::b', verdict: { state: 'INVALID', reasons: ['c\n::set-env::d'] } });
    expect(renderAnnotations(record, undefined, root).trim().split('\n')).toHaveLength(1);
  });
});

it('a comment on a pull request can be found again by its environment and profile', () => {
  expect(renderMarkdown(failed).split('\n')[0]).toBe('<!-- gravl-load local/baseline -->');
  expect(renderMarkdown(runRecord({ env: '--> <b>' })).split('\n')[0]).toBe('<!-- gravl-load --___b_/baseline -->');
});

describe('gravl-load report', () => {
  const report = (...args: string[]): string[] =>
    execFileSync(process.execPath, [bin, 'report', ...args], { encoding: 'utf8', cwd: root })
      .trim()
      .split('\n');

  it('writes the formats that are asked for', async () => {
    const results = newResults();
    await storeRun({ seconds: 3 }, results);
    const output = path.join(results, 'out');
    mkdirSync(output);
    const files = report('--results', results, '--output', output, '--format', 'json,csv,html,markdown,junit');
    expect(files.map((file) => path.basename(file)).sort()).toEqual(
      ['junit.xml', 'report.csv', 'report.html', 'report.json', 'summary.md'].sort(),
    );
    for (const file of files) expect(readFileSync(file, 'utf8').length).toBeGreaterThan(100);
  });

  it('puts two runs into one page', async () => {
    const results = newResults();
    const first = await storeRun({ seconds: 3, record: { id: '20261124T010000Z-baseline-00000a' } }, results);
    await storeRun({ seconds: 3, record: { id: '20261124T020000Z-baseline-00000b' } }, results);
    expect(report('00000a', '00000b', '--results', results)).toEqual([path.join(first.dir, 'side-by-side.html')]);
  });

  it.skipIf(!haveChromium)('draws a picture (needs chromium)', async () => {
    const results = newResults();
    await storeRun({ seconds: 3 }, results);
    const picture = report('--results', results, '--format', 'html', '--png').at(-1) ?? '';
    // The signature of a PNG, then its width.
    const bytes = readFileSync(picture);
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    expect(bytes.readUInt32BE(16)).toBe(1280);
  });

  it('says what a picture needs', async () => {
    await expect(renderPng('/none.html', '/none.png', { PATH: '' })).rejects.toMatchObject({ code: 'usage.invalid' });
  });
});
