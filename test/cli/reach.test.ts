import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { gravlLoad, root, temporaryFolder } from '../e2e/harness.ts';

describe('gravl-load reach', () => {
  it('prints the matrix of the manifests', async () => {
    const { exitCode, stdout } = await gravlLoad([
      'reach',
      'k8s/production/network-policy.yaml',
      'k8s/production/workloads.yaml',
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "from \\ to            1  2  3  4  5
      gravl-prod/backend   X  X  X  X  .
      gravl-prod/frontend  X  X  X  X  X
      gravl-prod/postgres  X  X  X  X  X

       1  gravl-prod/backend:3000/TCP
       2  gravl-prod/backend:3001/TCP
       3  gravl-prod/frontend:80/TCP
       4  gravl-prod/frontend:443/TCP
       5  gravl-prod/postgres:5432/TCP

      . allowed   X denied   ? unknown
      "
    `);
  });

  it('answers one question with the rule that decides, on each side', async () => {
    const ask = (from: string, to: string) => gravlLoad(['reach', '--from', from, '--to', to]);
    const denied = await ask('gravl-staging/frontend', 'gravl-staging/postgres:5432/TCP');
    expect(denied.stdout).toMatch(
      /: DENIED\n.*isolated by gravl-staging\/gravl-default-deny.*\n.*no rule allows gravl-staging\/frontend/,
    );
    const allowed = await ask('gravl-staging/backend', 'gravl-staging/postgres:postgres');
    expect(allowed.stdout).toMatch(
      /ALLOWED\n.*allow-backend-db-egress egress\[0\]\n.*allow-backend-to-db ingress\[0\]/,
    );
    const six = await ask('gravl-prod/backend', '[fd00:ec2::254]:80');
    expect(six.stdout).toMatch(/DENIED/);
  });

  it('says what is wrong with a question', async () => {
    const unknown = await gravlLoad(['reach', '--from', 'gravl-prod/frontent', '--to', 'gravl-prod/postgres:5432']);
    expect(unknown).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/gravl-prod\/frontent.*Known: .*gravl-prod\/frontend/) as string,
    });
    const port = await gravlLoad(['reach', '--from', 'gravl-prod/frontend', '--to', 'gravl-prod/postgres:99999']);
    expect(port).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/--to: must be like/) as string });
    expect((await gravlLoad(['reach', '--from', 'a/b'])).exitCode).toBe(2);
    expect((await gravlLoad(['reach', 'nowhere'])).stderr).toMatch(/nowhere cannot be read/);
  });

  it('holds the declared flows, and exits with 5 when a policy lets more through; the difference shows it', async () => {
    expect(await gravlLoad(['reach', '--flows', 'k8s/flows.yaml'])).toMatchObject({ exitCode: 0 });
    const dir = path.join(temporaryFolder(), 'k8s');
    cpSync(path.join(root, 'k8s'), dir, { recursive: true });
    const file = path.join(dir, 'production/network-policy.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('app: backend', 'app: frontend'));
    const broken = await gravlLoad(['reach', dir, '--flows', 'k8s/flows.yaml']);
    expect(broken.exitCode).toBe(5);
    expect(broken.stdout).toMatch(/BROKEN .* must be allowed, is denied/);
    const changes = await gravlLoad(['reach', dir, '--against', 'k8s', '--flows', 'k8s/flows.yaml']);
    expect(changes.stdout).toContain('ingress-nginx/controller → gravl-prod/backend:3000/TCP: allowed → denied\n');
    expect((await gravlLoad(['reach', 'k8s', '--against', 'k8s'])).stdout).toBe('No difference.\n');
  });

  it('answers probes of a JSON document in their order', async () => {
    const file = path.join(temporaryFolder(), 'in.json');
    const pods = ['a', 'b'].map((name) => ({ namespace: 'n', name, labels: { app: name }, ports: [] }));
    const policies = [
      {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'p', namespace: 'n' },
        spec: { podSelector: { matchLabels: { app: 'b' } }, policyTypes: ['Ingress'] },
      },
    ];
    const probes = [
      { from: 'n/a', to: 'n/b', port: 80, protocol: 'TCP' },
      { from: 'n/b', to: 'n/a', port: 80, protocol: 'TCP' },
    ];
    writeFileSync(
      file,
      JSON.stringify({
        namespaces: [{ name: 'n', labels: {} }],
        pods,
        policies,
        probes,
      }),
    );
    const { exitCode, stdout } = await gravlLoad(['reach', '--json-in', file]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      results: [
        { allowed: false, ingress: false, egress: true },
        { allowed: true, ingress: true, egress: true },
      ],
    });
    // As Go writes empty lists; names and addresses that cannot be found are answered one by one.
    const go = {
      namespaces: null,
      policies: null,
      pods: [{ namespace: 'n', name: 'a', labels: null, ports: null, ip: '' }],
    };
    const strange = [
      { from: 'n/nobody', to: 'n/a', port: 80, protocol: 'TCP' },
      { from: '::1', to: 'n/a', port: '80', protocol: 'sctp' },
      { from: 'n/a', to: 'n/a', port: 'http' },
    ];
    writeFileSync(file, JSON.stringify({ ...go, probes: strange }));
    expect(JSON.parse((await gravlLoad(['reach', '--json-in', file])).stdout)).toMatchObject({
      results: [
        { allowed: null, why: expect.stringMatching(/"n\/nobody" is neither/) as string },
        { allowed: true },
        { allowed: null, why: expect.stringMatching(/no TCP port named "http"/) as string },
      ],
    });
    const spec = { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/40' } }] }] };
    for (const [wrong, message] of [
      [
        { policies: [{ metadata: { name: 'p', namespace: 'n' }, spec }] },
        /NetworkPolicy n\/p: "10\.0\.0\.0\/40" is not a CIDR/,
      ],
      [{ pods: [{ namespace: 'n', name: 'a', ip: '10.0.0' }] }, /pod n\/a: "10\.0\.0" is not an IP address/],
      [{ pods: [...go.pods, ...go.pods] }, /two pods n\/a/],
    ] as const) {
      writeFileSync(file, JSON.stringify({ ...go, ...wrong, probes: [] }));
      expect(await gravlLoad(['reach', '--json-in', file])).toMatchObject({
        exitCode: 2,
        stderr: expect.stringMatching(message) as string,
      });
    }
    writeFileSync(file, '{"pods": [{}]}');
    expect(await gravlLoad(['reach', '--json-in', file])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/pods\.0\.namespace/) as string,
    });
  });

  it('renders Markdown and a page', async () => {
    const page = path.join(temporaryFolder(), 'matrix.html');
    const { stdout } = await gravlLoad(['reach', 'k8s/production', '--markdown', '--html', page]);
    expect(stdout).toContain('| `gravl-prod/backend` | X | X | X | X | . |');
    expect(readFileSync(page, 'utf8')).toContain(
      '<td class="denied" title="gravl-prod/frontend → gravl-prod/postgres:5432/TCP: denied">X</td>',
    );
  });
});
