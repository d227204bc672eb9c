/** Secrets in manifests, kubeconfigs, passphrases and pipes: the commands around a release keep them, too. */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { gravlLoad, root, target, temporaryFolder, type Finished, type Options } from '../e2e/harness.ts';
import { canaries, found, inCommandLines, inFiles } from './canaries.ts';

const { token, fileToken, user, password, variable, echoed, database } = canaries;

/** Runs commands in a folder and collects what leaks. */
function watched(cwd: string) {
  const leaks: string[] = [];
  return {
    leaks,
    say: async (args: readonly string[], options: Options = {}): Promise<Finished> => {
      const running = gravlLoad(args, { cwd, ...options, env: { HOME: cwd, GRAVL_API_TOKEN: token, ...options.env } });
      const [finished, seen] = await Promise.all([running, inCommandLines(running)]);
      const { stdout, stderr, exitCode } = finished;
      leaks.push(
        ...seen,
        ...found(`stdout of ${args.join(' ')}`, stdout),
        ...found(`stderr of ${args.join(' ')}`, stderr),
      );
      expect(exitCode, `${args.join(' ')}: ${stderr}`).not.toBe(1);
      expect(stderr).not.toMatch(/\n\s+at /);
      return finished;
    },
  };
}

/** A kubeconfig whose cluster is away, with a token and a password. */
function kubeconfig(file: string, broken = ''): string {
  const text = stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user: { token, username: user, password } }],
    contexts: [{ name: 'away', context: { cluster: 'c', user: 'u' } }],
  });
  writeFileSync(file, text + broken);
  return file;
}

describe('secrets', () => {
  it('of manifests and kubeconfigs stay out of gates, matrices and the go-live', async () => {
    const cwd = temporaryFolder();
    const { leaks, say } = watched(cwd);
    const manifests = path.join(temporaryFolder(), 'k8s');
    cpSync(path.join(root, 'k8s'), manifests, { recursive: true });
    const secret = (data: object): string =>
      stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'gravl-prod' }, ...data });
    writeFileSync(
      path.join(manifests, 'secret.yaml'),
      [
        secret({ stringData: { password, url: `postgres://gravl:${database}@postgres/gravl` } }),
        secret({ data: { password: Buffer.from(echoed).toString('base64') } }),
        stringify({
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'leaky', namespace: 'gravl-prod' },
          spec: {
            selector: { matchLabels: { app: 'leaky' } },
            template: {
              metadata: { labels: { app: 'leaky' } },
              spec: {
                containers: [
                  {
                    name: 'c',
                    image: 'x:1',
                    args: [`--password=${variable}`],
                    env: [{ name: 'DATABASE_URL', value: `postgres://gravl:${database}@postgres/gravl` }],
                  },
                ],
              },
            },
          },
        }),
      ].join('---\n'),
    );
    for (const format of ['table', 'json', 'html']) {
      await say(['ready', '--manifests', manifests, '--format', format, '--results', 'results']);
    }
    await say(['reach', manifests, '--flows', path.join(root, 'k8s/flows.yaml'), '--json', '--html', 'reach.html']);
    await say(['reach', manifests, '--markdown']);
    writeFileSync(path.join(manifests, 'broken.yaml'), `password: "${password}\n  token: ${token}\n`);
    expect((await say(['ready', '--manifests', manifests])).exitCode).toBe(2);
    expect((await say(['reach', manifests])).exitCode).toBe(2);

    const config = ['--context', 'away', '--kubeconfig', kubeconfig(path.join(temporaryFolder(), 'kubeconfig'))];
    const bad = ['--context', 'away', '--kubeconfig', kubeconfig(path.join(temporaryFolder(), 'kubeconfig'), ' : [')];
    expect((await say(['ready', ...bad, '--json'])).exitCode).not.toBe(0);
    await say(['ready', ...config, '--json']);
    await say(['run', '--env', 'staging', '--engine', 'operator', ...config, '--results', 'results']);
    await say(['secrets', 'backup-key', ...config, '--output', 'keys.backup', '--passphrase-file', 'nothing']);
    const away = `http://${user}:${encodeURIComponent(password)}@127.0.0.1:1`;
    await say(['golive', 'preflight', ...config, '--release', 'v1', '--manifests', path.join(root, 'k8s')], {
      env: {
        GRAVL_NOTIFY_URL: `${away}/hook?token=${echoed}`,
        GRAVL_LOAD_PROMETHEUS: away,
        GRAVL_LOAD_ALERTMANAGER: away,
      },
    });
    await say(['run', '--env', 'staging', '--engine', 'operator', '--dry-run', ...config, '-e', 'A=b'], {
      env: { GRAVL_LOAD_VARIABLE: `API_PASSWORD=${variable}` },
    });
    leaks.push(...inFiles(cwd));
    expect(leaks).toEqual([]);
  });

  it('that are sealed, backed up and restored are only where they belong', async () => {
    const cwd = temporaryFolder();
    const apart = temporaryFolder();
    const { leaks, say } = watched(cwd);
    const fixtures = path.join(root, 'test/fixtures/sealing');
    const to = ['--cert', path.join(fixtures, 'test.crt'), '--namespace', 'gravl-prod', '--name', 'api'];
    const write = (name: string, text: string): string => {
      writeFileSync(path.join(apart, name), text);
      return path.join(apart, name);
    };
    await say(['secrets', 'seal', ...to, '--stdin', 'token', '--template', 'url=postgres://a:{token}@b/c'], {
      input: token,
    });
    await say(['secrets', 'seal', ...to, '--from-env-file', '-', '--output', 'sealed.yaml'], {
      input: `A=${password}\n`,
    });
    await say(['secrets', 'seal', ...to, '--from-file', `file=${write('value', fileToken)}`]);
    // Lines that are none, keys that are none: the message must not repeat them.
    await say(['secrets', 'seal', ...to, '--from-env-file', '-'], { input: `${password}\n` });
    await say(['secrets', 'seal', ...to, '--from-env-file', '-'], { input: `A=b\nB ${token}=${password}\n` });
    await say(['secrets', 'seal', '--namespace', 'n', '--name', 'x', '--cert', write('cert', token), '--stdin', 'a'], {
      input: token,
    });

    const base64 = (name: string): string => readFileSync(path.join(fixtures, name)).toString('base64');
    const labels = { 'sealedsecrets.bitnami.com/sealed-secrets-key': 'active' };
    const keys = stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'sealed-secrets-keyabcde', namespace: 'kube-system', labels },
      type: 'kubernetes.io/tls',
      data: { 'tls.crt': base64('test.crt'), 'tls.key': base64('test.key') },
    });
    const passphrase = ['--passphrase-file', write('passphrase', `${password} ${fileToken}\n`)];
    const wrong = ['--passphrase-file', write('wrong', `${variable} ${echoed} no\n`)];
    const backup = ['secrets', 'backup-key', '--input', '-', '--output', 'keys.backup', ...passphrase];
    expect((await say(backup, { input: keys })).exitCode).toBe(0);
    await say(['secrets', 'verify', 'sealed.yaml', '--key', 'keys.backup', ...passphrase, '--json']);
    expect((await say(['secrets', 'verify', 'sealed.yaml', '--key', 'keys.backup', ...wrong])).exitCode).not.toBe(0);
    expect((await say(['secrets', 'restore-key', 'keys.backup', ...wrong])).exitCode).toBe(2);
    const restored = await say(['secrets', 'restore-key', 'keys.backup', ...passphrase]);
    expect(restored.exitCode).toBe(0);
    leaks.push(...inFiles(cwd));
    expect(leaks).toEqual([]);
    const key = base64('test.key');
    expect(restored.stdout).toContain(key);
    for (const name of ['keys.backup', 'sealed.yaml'])
      expect(readFileSync(path.join(cwd, name), 'utf8')).not.toContain(key.slice(0, 40));
  });

  it('reach a container and a capacity search, and nothing else; bundles have none', async () => {
    const cwd = temporaryFolder();
    const { leaks, say } = watched(cwd);
    const { url } = await target();
    const api = url.replace('//', `//${user}:${encodeURIComponent(password)}@`);
    const docker = path.join(temporaryFolder(), 'docker');
    symlinkSync(path.join(root, 'test/fixtures/docker.mjs'), docker);
    chmodSync(docker, 0o755);
    const env = {
      GRAVL_API_URL: api,
      GRAVL_LOAD_VARIABLE: `API_PASSWORD=${variable}`,
      PATH: `${path.dirname(docker)}:${process.env['PATH'] ?? ''}`,
    };
    const load = ['run', '--scenario', 'health', '--iterations', '20', '--vus', '2', '--results', 'results'];
    expect((await say([...load, '--engine', 'docker', '--debug'], { env })).stdout).toContain('GET /health');
    const steps = ['--step', '5s', '--start-rate', '10', '--max-rate', '10'];
    await say(['capacity', ...steps, '--scenario', 'health', '--json', '--results', 'results'], { env });
    await say(
      [
        'compare',
        '--ab',
        url,
        url,
        '--rounds',
        '1',
        '--duration',
        '1s',
        '--scenario',
        'health',
        '--json',
        '--results',
        'results',
      ],
      {
        env,
      },
    );
    mkdirSync(path.join(cwd, 'k6'));
    await gravlLoad(['build', '--output', path.join(cwd, 'k6')], {
      env: { ...env, GRAVL_API_TOKEN: token, GRAVL_METRICS_URL: api, DATABASE_URL: `postgres://a:${database}@b/c` },
    });
    expect(readdirSync(path.join(cwd, 'k6'))).toContain('load.js');
    leaks.push(...inFiles(cwd));
    expect(leaks).toEqual([]);
  });
});
