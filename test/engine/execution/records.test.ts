import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import hdr from 'hdr-histogram-js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EndLine } from '../../../src/engine/outputs/record/format.ts';
import { runCommand } from './command.ts';

const dir = mkdtempSync(path.join(os.tmpdir(), 'gravl-records-'));
let server: Server;
let url = '';
beforeAll(async () => {
  server = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

async function endOf(options: unknown): Promise<{ end: EndLine; stdout: string }> {
  const script = `import http from 'k6/http';
    export const options = ${JSON.stringify(options)};
    export default function () { http.get('${url}'); }`;
  writeFileSync(path.join(dir, 'script.js'), script);
  const { code, stdout, stderr } = await runCommand(['run', '-q', '--out', 'record=r.ndjson', 'script.js'], dir);
  expect(code, stderr).toBe(0);
  const lines = readFileSync(path.join(dir, 'r.ndjson'), 'utf8').trim().split('\n');
  return { end: JSON.parse(lines.at(-1) ?? '') as EndLine, stdout };
}

describe('the record of an arrival rate', () => {
  test('tells latencies from the intended start, and the rate that was planned', async () => {
    const rates = { executor: 'ramping-arrival-rate', startRate: 10, preAllocatedVUs: 10 };
    const stages = [{ duration: '5s', target: 50 }];
    const { end, stdout } = await endOf({ scenarios: { open: { ...rates, stages } } });
    const { duration, fromIntended } = end.total;
    expect(fromIntended?.min).toBeGreaterThanOrEqual(duration?.min ?? Infinity);
    expect(fromIntended?.avg).toBeGreaterThanOrEqual(duration?.avg ?? Infinity);
    const intended = hdr.decodeFromCompressedBase64(end.total.fromIntendedHistogram ?? '');
    expect(intended.totalCount).toBe(end.total.requests);
    expect(intended.maxValue / 1000 / (fromIntended?.max ?? NaN)).toBeCloseTo(1, 2);
    // Readings a second apart, on the way from 10 to 50.
    expect(end.generator.plannedRate).toBeGreaterThanOrEqual(10);
    expect(end.generator.plannedRate).toBeLessThan(50);
    expect(end.generator.achievedRate).toBeGreaterThan(0);
    expect(stdout).not.toContain('intended');
  });

  test('is silent on both for closed models', async () => {
    const { end } = await endOf({ vus: 2, iterations: 10 });
    expect(end.total.duration).not.toBeNull();
    expect(end.total).toMatchObject({ fromIntended: null, fromIntendedHistogram: null });
    expect(end.generator).toMatchObject({ plannedRate: null, achievedRate: null });
  });
});

describe('handleSummary', () => {
  test('writes an ArrayBuffer as the bytes it holds', async () => {
    const script = `export default function () {}
      export function handleSummary() { return { 'out.bin': new Uint8Array([1, 2, 0, 255]).buffer, stdout: 'told' }; }`;
    writeFileSync(path.join(dir, 'summary.js'), script);
    const { code, stdout } = await runCommand(['run', '-q', 'summary.js'], dir);
    expect([code, stdout]).toEqual([0, 'told']);
    expect([...readFileSync(path.join(dir, 'out.bin'))]).toEqual([1, 2, 0, 255]);
  });
});
