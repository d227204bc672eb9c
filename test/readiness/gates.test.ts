/** How single gates decide, on contexts made for them. */
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { rules } from '../../k8s/source/rules.ts';
import { gates } from '../../src/readiness/gates/evaluate.ts';
import type { GateContext, Outcome } from '../../src/readiness/gates/model.ts';
import { readScan } from '../../src/readiness/gates/scan.ts';
import { parseManifests } from '../../src/readiness/manifests/load.ts';
import { endpointResult, runRecord } from '../fixtures/record.ts';

const now = new Date('2026-11-25T12:00:00Z');
const ago = (days: number): string => new Date(now.getTime() - days * 86_400_000).toISOString();

function check(id: string, context: Partial<GateContext>): Outcome {
  const gate = gates.find((one) => one.id === id);
  if (gate === undefined) throw new Error(`there is no gate ${id}`);
  const base = {
    environment: 'production',
    namespace: 'gravl-prod',
    namespaces: ['gravl-prod'],
    now,
    objects: [],
    foreign: ['cert-manager', 'kube-system'],
  };
  return gate.check({ ...base, live: false, runs: [], scans: [], ...context } as unknown as GateContext);
}

describe('performance', () => {
  const run = (total: Parameters<typeof endpointResult>[0], changes: Parameters<typeof runRecord>[0] = {}) =>
    runRecord({ endedAt: ago(1), total: endpointResult({ name: '', ...total }), ...changes });
  const planned = (rate: number) => ({ generator: { ...runRecord().generator, plannedRate: rate } });
  const state = (id: string, ...runs: GateContext['runs']) => check(id, { runs }).state;

  it('is not checked without a run', () => {
    for (const id of ['latency-p95', 'latency-p99', 'errors', 'throughput', 'no-regression', 'run-fresh']) {
      expect([id, state(id)]).toEqual([id, 'not checked']);
    }
  });

  it('takes 20 requests a second for no proof of 100, and a run that asked for more for one', () => {
    expect(state('throughput', run({ rate: 20, requests: 600 }))).toBe('not checked');
    expect(state('throughput', run({ rate: 150, requests: 4500 }))).toBe('pass');
    expect(state('throughput', run({ rate: 80, requests: 2400 }, planned(200)))).toBe('fail');
    expect(state('throughput', run({ rate: 20 }), run({ rate: 150, requests: 4500 }))).toBe('pass');
  });

  it('counts as served what succeeded, and nothing that is older than a week', () => {
    expect(state('throughput', run({ rate: 150, requests: 4500, failed: 2000 }))).toBe('fail');
    expect(state('throughput', run({ rate: 150, requests: 4500 }, { endedAt: ago(8) }))).toBe('not checked');
    expect(state('run-fresh', run({}, { endedAt: ago(8) }))).toBe('fail');
  });

  const capacity = (knee: number, more: object = {}, changes: object = {}) => ({
    capacity: {
      id: 'search',
      environment: 'production',
      at: new Date(ago(1)),
      report: { knee, atLeast: false, expected: null, ...more },
      ...changes,
    } as unknown as NonNullable<GateContext['capacity']>,
  });
  const searched = (id: string, ...args: Parameters<typeof capacity>) =>
    check(id, { runs: [run({ rate: 20 })], ...capacity(...args) }).state;

  it('takes a search for the capacity as proof, as long as it is fresh and of this environment', () => {
    expect(searched('throughput', 150)).toBe('pass');
    expect(searched('throughput', 80)).toBe('fail');
    // Not brought to its limit: the truth is 80 or more.
    expect(searched('throughput', 80, { atLeast: true })).toBe('not checked');
    expect(searched('throughput', 150, {}, { at: new Date(ago(8)) })).toBe('not checked');
    expect(searched('throughput', 150, {}, { environment: 'staging' })).toBe('not checked');
    // The newer of run and search counts.
    const newer = run({ rate: 150, requests: 4500 }, { endedAt: ago(0) });
    expect(check('throughput', { runs: [newer], ...capacity(80) }).state).toBe('pass');
    expect(
      check('throughput', { runs: [run({ rate: 150, requests: 4500 }, { endedAt: ago(2) })], ...capacity(80) }).state,
    ).toBe('fail');
  });

  it('holds the capacity against the expected peak', () => {
    const expected = (enough: boolean | null) => ({ expected: { rate: 200, headroom: 0, enough } });
    expect(check('headroom', {}).state).toBe('not checked');
    expect(searched('headroom', 250)).toBe('not checked');
    expect(searched('headroom', 250, expected(true))).toBe('pass');
    expect(searched('headroom', 150, expected(false))).toBe('fail');
    expect(searched('headroom', 150, expected(null))).toBe('not checked');
    expect(searched('headroom', 250, expected(true), { at: new Date(ago(8)) })).toBe('not checked');
    const staged = check('headroom', capacity(250, expected(true), { environment: 'staging' }));
    expect(staged).toMatchObject({ state: 'pass', evidence: expect.stringMatching(/measured on staging/) as string });
  });

  it('takes a run without a baseline for no proof of no regression', () => {
    const comparison = (outcome: string) =>
      ({ report: { outcome, weak: false, baselineRuns: ['a'] }, reasons: [] }) as unknown as NonNullable<
        GateContext['comparison']
      >;
    const of = (given: GateContext['comparison']) =>
      check('no-regression', { runs: [run({})], comparison: given }).state;
    expect(['same', 'better', 'worse', 'inconclusive'].map((outcome) => of(comparison(outcome)))).toEqual([
      'pass',
      'pass',
      'fail',
      'not checked',
    ]);
    expect(of(undefined)).toBe('not checked');
    const none = { report: null, reasons: ['no baseline'] } as unknown as NonNullable<GateContext['comparison']>;
    expect(of(none)).toBe('not checked');
  });

  it('judges latencies and errors by the newest run, and one in a thousand from a thousand on', () => {
    const slow = { min: 1, avg: 5, med: 5, p90: 9, p95: 200, p99: 499, max: 900 };
    expect(state('latency-p95', run({ duration: slow }), run({}))).toBe('fail');
    expect(state('latency-p99', run({ duration: slow }))).toBe('pass');
    expect(state('errors', run({ requests: 999, failed: 0 }))).toBe('not checked');
    expect(state('errors', run({ requests: 10_000, failed: 9 }))).toBe('pass');
    expect(state('errors', run({ requests: 10_000, failed: 10 }))).toBe('fail');
    expect(state('no-regression', run({}, { exitCode: 3 }))).toBe('fail');
    expect(check('latency-p95', { runs: [run({})] }).observedAt).toEqual(new Date(ago(1)));
  });
});

describe('image scans', () => {
  const image = `ghcr.io/gravl/backend@sha256:${'a'.repeat(64)}`;
  const objects = parseManifests(
    'pod.yaml',
    `apiVersion: v1\nkind: Pod\nmetadata: { name: backend, namespace: gravl-prod }\nspec: { containers: [{ name: b, image: '${image}' }] }\n`,
  );
  const trivy = (severity: string, at = ago(1)) => ({
    ArtifactName: image,
    CreatedAt: at,
    Results: [{ Vulnerabilities: [{ Severity: severity }] }, {}],
  });
  const grype = (severity: string) => ({
    matches: [{ vulnerability: { severity } }],
    source: { target: { userInput: 'backend', repoDigests: [image] } },
    descriptor: { timestamp: ago(1) },
  });
  const snyk = (severity: string) => ({ vulnerabilities: [{ severity }], path: image });
  const state = (...reports: object[]) =>
    check('image-scan', { objects, scans: reports.map((report) => readScan('scan.json', JSON.stringify(report))) })
      .state;

  it.each([
    ['Trivy', trivy],
    ['Grype', grype],
    ['Snyk', snyk],
  ])('of %s fail on high and critical findings, and pass on lesser ones', (_, report) => {
    expect(['LOW', 'Medium', 'high', 'CRITICAL'].map((severity) => state(report(severity)))).toEqual([
      'pass',
      'pass',
      'fail',
      'fail',
    ]);
  });

  it('prove nothing when they are old, of another image, or missing', () => {
    expect(state()).toBe('not checked');
    expect(state(trivy('LOW', ago(8)))).toBe('fail');
    expect(state({ ...trivy('LOW'), ArtifactName: 'other' })).toBe('not checked');
    expect(() => readScan('scan.json', '{}')).toThrow('scan.json is no JSON report of Trivy, Grype or Snyk');
    expect(() => readScan('scan.json', '<xml>')).toThrow('scan.json is not JSON');
  });
});

describe('sealed secrets', () => {
  const sealed = (annotations: string) =>
    parseManifests(
      's.yaml',
      `apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: s\n  namespace: gravl-prod\n  annotations: { ${annotations} }\n`,
    );
  const ends = (days: number) => sealed(`gravl.app/sealing-certificate-ends: '${ago(-days)}'`);

  it('are sealed with a certificate that is valid for more than 30 days', () => {
    expect(check('sealing-certificate', { objects: sealed('') }).state).toBe('not checked');
    expect(check('sealing-certificate', { objects: ends(31) }).state).toBe('pass');
    expect(check('sealing-certificate', { objects: ends(30) })).toMatchObject({
      state: 'fail',
      findings: [{ message: expect.stringMatching(/ends in 30 days/) as string, where: 's.yaml:6' }],
    });
    const controller = { fingerprint: 'sha256:1', ends: new Date(ago(1)), from: 'prod' };
    expect(check('sealing-certificate', { objects: ends(31), sealingCertificate: controller }).state).toBe('fail');
  });

  it('can be opened with a backup that is fresh and holds their key', () => {
    const backup = (days: number, fingerprint: string) => ({
      objects: sealed("gravl.app/sealed-with: 'sha256:1'"),
      keyBackup: {
        schemaVersion: 1 as const,
        at: ago(days),
        file: 'b',
        keys: [{ name: 'k', fingerprint, ends: ago(-9) }],
      },
    });
    expect(check('sealing-key-backup', {}).state).toBe('not checked');
    expect(check('sealing-key-backup', backup(1, 'sha256:1')).state).toBe('pass');
    expect(check('sealing-key-backup', backup(31, 'sha256:1')).state).toBe('fail');
    expect(check('sealing-key-backup', backup(1, 'sha256:2'))).toMatchObject({
      state: 'fail',
      findings: [{ message: 'the backup does not hold the key of SealedSecret gravl-prod/s' }],
    });
  });
});

describe('alerts', () => {
  const all = rules.groups.flatMap((group): ({ record: string } | { alert: string })[] => group.rules);
  const names = all.flatMap((rule) => ('alert' in rule ? [rule.alert] : []));
  const loading = (kept: object[]) => ({
    objects: parseManifests(
      'config.yaml',
      stringify({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'prometheus-config' },
        data: { 'alerts.yml': stringify({ groups: [{ name: 'gravl', rules: kept }] }) },
      }),
    ),
  });

  it('must all be loaded that the manifests have', () => {
    expect(check('alerts', loading(all)).state).toBe('pass');
    expect(check('alerts', {}).state).toBe('fail');
  });
  it.each(names)('fail without %s', (name) => {
    expect(check('alerts', loading(all.filter((rule) => !('alert' in rule) || rule.alert !== name)))).toMatchObject({
      state: 'fail',
      findings: [{ message: `the alert ${name} is missing` }],
    });
  });
});
