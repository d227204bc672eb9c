import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { makePlan } from '../../src/config/plan.ts';
import { LoadError } from '../../src/errors.ts';
import { openCluster } from '../../src/cluster/client.ts';
import { parseManifests } from '../../src/readiness/manifests/load.ts';
import { readBaselineFile, saveBaseline } from '../../src/results/baselines.ts';
import { salvageSeries } from '../../src/results/journal.ts';
import { loadRunFolder } from '../../src/results/store.ts';
import { runRecord } from '../fixtures/record.ts';
import { damaged, json, judged, mutated, reads, settings, textOf, timeout, unpolluted } from './fuzz.ts';

const dir = mkdtempSync(path.join(os.tmpdir(), 'gravl-fuzz-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const own = (error: unknown): boolean => error instanceof LoadError && error.exitCode === 2;

async function readsAsync(reader: () => Promise<unknown>): Promise<void> {
  judged.inputs++;
  try {
    await reader();
  } catch (error) {
    if (!own(error)) throw error;
  }
  unpolluted();
}

const documentOf = (valid: object): fc.Arbitrary<string> =>
  fc.oneof(
    mutated(valid).map((value) => JSON.stringify(value)),
    damaged(JSON.stringify(valid)),
    json.map((value) => JSON.stringify(value)),
    fc.string({ unit: 'binary' }),
  );

const manifest = `apiVersion: v1
kind: Pod
metadata: { name: a, labels: { x: y } }
spec:
  containers:
    - name: c
      image: &i "a:1"
      args: [*i, "b"]
---
apiVersion: v1
kind: List
items: [{ apiVersion: v1, kind: Secret, metadata: { name: s } }]
`;
const kubeconfig = `apiVersion: v1
kind: Config
current-context: c
clusters: [{ name: k, cluster: { server: "https://127.0.0.1:1" } }]
contexts: [{ name: c, context: { cluster: k, user: u } }]
users: [{ name: u, user: { token: t } }]
`;
const yaml = textOf(
  'a',
  ': ',
  '- ',
  '\n',
  '  ',
  '&a ',
  '*a',
  '<<: ',
  '{',
  '}',
  '[',
  ']',
  ', ',
  '"',
  "'",
  '|',
  '>',
  '!!js/function ',
  '!!set ',
  '#',
  '? ',
  '---\n',
  '__proto__: ',
  '%YAML 1.2\n',
  'kind: Pod\n',
);

describe('files', { timeout }, () => {
  it('run records', async () => {
    const file = path.join(dir, 'run.json');
    await fc.assert(
      fc.asyncProperty(documentOf(runRecord()), async (text) => {
        writeFileSync(file, text);
        await readsAsync(() => loadRunFolder(dir));
      }),
      settings(150),
    );
  });

  it('baselines', async () => {
    const stored = await saveBaseline(dir, runRecord(), []);
    const file = path.join(dir, 'b.json');
    await fc.assert(
      fc.asyncProperty(documentOf(stored), async (text) => {
        writeFileSync(file, text);
        await readsAsync(() => readBaselineFile(file));
      }),
      settings(150),
    );
  });

  it('series of killed runs', async () => {
    const line = '{"t":0,"endpoint":"","requests":1,"failed":0,"p50":1,"p95":1,"p99":1}\n';
    await fc.assert(
      fc.asyncProperty(damaged(line.repeat(5)), async (text) => {
        writeFileSync(path.join(dir, 'series.ndjson'), text);
        await readsAsync(() => salvageSeries(dir));
      }),
      settings(150),
    );
  });

  it('manifests', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          damaged(manifest),
          yaml,
          json.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          reads(() => parseManifests('m.yaml', text), own);
        },
      ),
      settings(250),
    );
  });

  it.each([
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${Array.from({ length: 12 }, (_, i) => `${String.fromCharCode(98 + i)}: &${String.fromCharCode(98 + i)} [${`*${String.fromCharCode(97 + i)},`.repeat(9)}]`).join('\n')}`,
    ],
    ['an anchor that holds itself', 'a: &a\n  b: *a\n'],
    ['a list that holds itself', '&a [*a, *a]\n'],
    ['a merge that holds itself', 'a: &a\n  <<: *a\n'],
    ['flow lists ten thousand deep', '['.repeat(10_000)],
    ['mappings ten thousand deep', `${'{a: '.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['blocks ten thousand deep', Array.from({ length: 3000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')],
    ['a JSON list ten thousand deep', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['keys that hurt', '__proto__: { polluted: 1 }\nconstructor: { prototype: { polluted: 1 } }\n'],
    ['a hundred thousand documents', '---\n'.repeat(100_000)],
    ['a very long word', 'a'.repeat(5_000_000)],
    ['tags that would run code', 'a: !!js/function "function () { return 1 }"\n'],
  ])('manifests with %s are refused or read, never a crash', (_, text) => {
    reads(() => parseManifests('m.yaml', text), own);
  });

  it('kubeconfigs', () => {
    const file = path.join(dir, 'kubeconfig');
    fc.assert(
      fc.property(fc.oneof(damaged(kubeconfig), yaml), (text) => {
        writeFileSync(file, text);
        reads(() => openCluster('c', file), own);
      }),
      settings(120),
    );
  });

  it('configuration files', async () => {
    const sections = {
      environments: { qa: { baseUrl: 'http://qa.test', hosts: ['*.qa.test'] } },
      profiles: { p: { purpose: 'x', think: 0, load: { kind: 'users', vus: 1, duration: '1s' } } },
      thresholds: { a: ['avg<1'] },
      vus: 2,
    };
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated(sections), json), async (config) => {
        const at = mkdtempSync(path.join(dir, 'config-'));
        writeFileSync(
          path.join(at, 'gravl-load.config.ts'),
          `export default JSON.parse(${JSON.stringify(JSON.stringify(config))});`,
        );
        await readsAsync(() => makePlan({ flags: {}, env: {}, cwd: at }));
        rmSync(at, { recursive: true });
      }),
      { numRuns: Math.min(2000, settings(20).numRuns) },
    );
  });

  it('counts its inputs', () => {
    process.stdout.write(`files: ${judged.inputs} inputs\n`);
    expect(judged.inputs).toBeGreaterThan(500);
  });
});
