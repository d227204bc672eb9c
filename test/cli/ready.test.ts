import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GateReport } from '../../src/readiness/gates/evaluate.ts';
import { gravlLoad, root, temporaryFolder } from '../e2e/harness.ts';

const stateOf = (report: GateReport, id: string): string | undefined =>
  report.results.find((result) => result.id === id)?.state;

describe('gravl-load ready', () => {
  it('judges the manifests, says what was not checked and exits with 5', async () => {
    const { exitCode, stdout } = await gravlLoad(['ready', '--json', '--results', temporaryFolder()]);
    expect(exitCode).toBe(5);
    const report = JSON.parse(stdout) as GateReport;
    expect(report.ready).toBe(false);
    for (const id of ['policy-flows', 'rbac-declared', 'rbac-no-wildcards', 'pod-security', 'probes', 'alerts']) {
      expect([id, stateOf(report, id)]).toEqual([id, 'pass']);
    }
    // The committed tree has placeholders where a release writes its own.
    expect(stateOf(report, 'images-pinned')).toBe('fail');
    expect(stateOf(report, 'secrets-sealed')).toBe('fail');
    for (const id of ['certificates', 'cert-manager', 'throughput', 'sealing-key-backup', 'image-scan']) {
      expect([id, stateOf(report, id)]).toEqual([id, 'not checked']);
    }
  });

  it('waives a gate for a time, and no longer', async () => {
    const dir = temporaryFolder();
    const file = path.join(dir, 'waivers.yaml');
    const waiver = (until: string) =>
      `schemaVersion: 1\nwaivers:\n  - { gate: images-pinned, environment: production, who: ops, why: the first release is being made, until: '${until}' }\n`;
    writeFileSync(file, waiver('2999-01-01'));
    const args = ['ready', '--json', '--results', dir, '--waivers', file];
    expect(stateOf(JSON.parse((await gravlLoad(args)).stdout) as GateReport, 'images-pinned')).toBe('waived');
    writeFileSync(file, waiver('2001-01-01'));
    expect(stateOf(JSON.parse((await gravlLoad(args)).stdout) as GateReport, 'images-pinned')).toBe('fail');
    writeFileSync(file, waiver('2999-01-01').replace('images-pinned', 'images-pined'));
    expect(await gravlLoad(args)).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/is no gate/) as string });
  });

  it('finds a plain Secret and names its line, also in SARIF', async () => {
    const dir = path.join(temporaryFolder(), 'k8s');
    cpSync(path.join(root, 'k8s'), dir, { recursive: true });
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: s, namespace: gravl-prod }\nstringData: { a: b }\n';
    writeFileSync(path.join(dir, 'secret.yaml'), `---\n${secret}`);
    const { stdout } = await gravlLoad(['ready', '--manifests', dir, '--format', 'sarif', '--results', dir]);
    const { runs } = JSON.parse(stdout) as { runs: { results: { ruleId: string; locations?: unknown }[] }[] };
    expect(runs[0]?.results.find(({ ruleId }) => ruleId === 'secrets-not-plain')?.locations).toMatchObject([
      { physicalLocation: { artifactLocation: { uri: path.join(dir, 'secret.yaml') }, region: { startLine: 2 } } },
    ]);
  });

  it('prints a table with how to verify and fix, Markdown and a page', async () => {
    const results = temporaryFolder();
    const print = async (format: string) =>
      (await gravlLoad(['ready', '--format', format, '--results', results])).stdout;
    expect(await print('table')).toMatch(/✗ FAIL +images-pinned[\s\S]+verify: kubectl[\s\S]+fix: .*images\.json/);
    expect(await print('markdown')).toMatch(/^# production is NOT READY: \d+ pass/);
    expect(await print('html')).toMatch(/<h1>production is NOT READY/);
  });

  it('says what is wrong with a kubeconfig or an API server that is not there', async () => {
    const dir = temporaryFolder();
    const file = path.join(dir, 'config');
    const cluster = 'clusters: [{ name: c, cluster: { server: "http://127.0.0.1:1" } }]';
    writeFileSync(
      file,
      `apiVersion: v1\nkind: Config\n${cluster}\ncontexts: [{ name: here, context: { cluster: c, user: u } }]\nusers: [{ name: u, user: {} }]\n`,
    );
    const ready = (context: string, config = file) =>
      gravlLoad(['ready', '--kubeconfig', config, '--context', context]);
    expect(await ready('there')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/no context "there"; it has: here/) as string,
    });
    expect(await ready('here')).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/127\.0\.0\.1:1 cannot be reached/) as string,
    });
    expect(await ready('here', path.join(dir, 'none'))).toMatchObject({ exitCode: 2 });
    expect(readFileSync(file, 'utf8')).toContain('here');
  });

  it('scans with the trivy on the PATH, one image after the other', async () => {
    const dir = temporaryFolder();
    const ready = (PATH: string) => gravlLoad(['ready', '--json', '--trivy', '--results', dir], { env: { PATH } });
    const node = path.dirname(process.execPath);
    expect(await ready(`${dir}:${node}`)).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/there is no trivy on the PATH/) as string,
    });
    const report = '{"ArtifactName":"\'"$6"\'","Results":[{"Vulnerabilities":[{"Severity":"HIGH"}]}]}';
    writeFileSync(path.join(dir, 'trivy'), `#!/bin/sh\necho '${report}'\n`, { mode: 0o755 });
    const { stdout } = await ready(`${dir}:${node}:${process.env['PATH'] ?? ''}`);
    const scan = (JSON.parse(stdout) as GateReport).results.find(({ id }) => id === 'image-scan');
    expect(scan).toMatchObject({ state: 'fail', evidence: '3 reports' });
    expect(scan?.findings[0]).toMatchObject({
      message: 'trivy: 0 critical, 1 high',
      where: expect.stringMatching(/^trivy image \S+@sha256:/) as string,
    });
  });

  it('refuses an endpoint without a port', async () => {
    expect(await gravlLoad(['ready', '--tls', 'gravl.app'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/--tls: must be HOST:PORT/) as string,
    });
  });
});
