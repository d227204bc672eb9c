/** Manifests as other people write them: every gate sees what is there, no more and no less. */
import { describe, expect, it } from 'vitest';
import { gates } from '../../src/readiness/gates/evaluate.ts';
import type { GateContext, Outcome } from '../../src/readiness/gates/model.ts';
import { parseManifests } from '../../src/readiness/manifests/load.ts';

function check(id: string, text: string, more: Partial<GateContext> = {}): Outcome {
  const gate = gates.find((one) => one.id === id);
  if (gate === undefined) throw new Error(`there is no gate ${id}`);
  const objects = parseManifests('m.yaml', text);
  const base = { environment: 'production', namespace: 'gravl-prod', namespaces: ['gravl-prod'], host: 'gravl.app' };
  const context = { ...base, now: new Date(), live: false, foreign: ['kube-system'], objects, tree: objects, ...more };
  return gate.check(context as unknown as GateContext);
}
const messages = ({ findings = [] }: Outcome): string[] => findings.map(({ message }) => message);

/** A pod that passes; what a case changes is merged into pod and container. */
const pod = (spec = '', container = '', extra = ''): string => `
apiVersion: v1
x-common: &confined { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }
kind: Pod
metadata: { name: p, namespace: gravl-prod }
spec:
  securityContext: { runAsNonRoot: true, runAsUser: 10, runAsGroup: 10, seccompProfile: { type: RuntimeDefault } }
  ${spec}
  containers:
    - name: c
      image: i
      securityContext: { <<: *confined${container} }
      ${extra}
`;

describe('pod security', () => {
  it('takes what pod and container say together, anchors and merge keys included', () => {
    expect(messages(check('pod-security', pod()))).toEqual([]);
  });

  it('lets the container itself say all of it', () => {
    const text = `
apiVersion: v1
kind: List
items:
  - apiVersion: v1
    kind: Pod
    metadata: { name: p, namespace: gravl-prod }
    spec:
      containers:
        - name: c
          image: i
          securityContext:
            { runAsNonRoot: true, runAsUser: 1, runAsGroup: 1, seccompProfile: { type: Localhost, localhostProfile: a },
              allowPrivilegeEscalation: false, readOnlyRootFilesystem: true,
              capabilities: { drop: [ALL], add: [NET_BIND_SERVICE] } }
          ports: [{ containerPort: 80 }]
`;
    expect(messages(check('pod-security', text))).toEqual([]);
  });

  it.each([
    ['privileged written as yes', pod('', ', privileged: yes'), /not privileged/],
    ['a container that goes back to root', pod('', ', runAsUser: 0'), /runAsUser above 0/],
    ['a container that lifts runAsNonRoot', pod('', ', runAsNonRoot: off'), /runAsNonRoot/],
    ['seccomp lifted', pod('', ', seccompProfile: { type: Unconfined }'), /seccompProfile/],
    ['a host port', pod('', '', 'ports: [{ containerPort: 8080, hostPort: 8080 }]'), /hostPort 8080/],
    ['host network', pod('hostNetwork: on'), /hostNetwork/],
    ['a folder of the node', pod('volumes: [{ name: v, hostPath: { path: / } }]'), /hostPath volume/],
    ['a volume that the standard does not allow', pod('volumes: [{ name: v, nfs: { server: a, path: / } }]'), /nfs/],
    ['a volume that nobody can write', pod('volumes: [{ name: v, emptyDir: {} }]'), /fsGroup/],
    ['an init container', pod('initContainers: [{ name: setup, image: i }]'), /setup: .*privilege/i],
    ['an ephemeral container', pod('ephemeralContainers: [{ name: debug, image: i }]'), /debug: /],
    ['a capability', pod('', ', capabilities: { drop: [ALL], add: [NET_ADMIN] }'), /capabilities/],
    ['all of /proc', pod('', ', procMount: Unmasked'), /procMount/],
    [
      'a kind of an operator',
      'apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: { name: r, namespace: gravl-prod }\nspec: { template: { spec: { containers: [{ name: c, image: i }] } } }\n',
      /Rollout gravl-prod\/r: c: /,
    ],
  ])('finds %s', (_, text, expected) => {
    expect(messages(check('pod-security', text)).join('\n')).toMatch(expected);
  });

  it('is not checked without pods, nor are images', () => {
    expect(check('pod-security', '').state).toBe('not checked');
    expect(check('images-pinned', '').state).toBe('not checked');
    expect(check('pod-security-admission', '').state).toBe('not checked');
  });
});

describe('resources', () => {
  const quota = '---\napiVersion: v1\nkind: ResourceQuota\nmetadata: { name: q, namespace: gravl-prod }\n';
  it('takes numbers, limits as requests, and what a LimitRange fills in', () => {
    expect(
      check('resources', `${pod('', '', 'resources: { limits: { cpu: 1, memory: 1073741824 } }')}${quota}`).state,
    ).toBe('pass');
    const range =
      '---\napiVersion: v1\nkind: LimitRange\nmetadata: { name: l, namespace: gravl-prod }\nspec: { limits: [{ type: Container, default: { cpu: 1, memory: 1Gi } }] }\n';
    expect(check('resources', `${pod()}${quota}${range}`).state).toBe('pass');
    expect(check('resources', `${pod()}${quota}`).state).toBe('fail');
  });
});

describe('disruption budgets', () => {
  const deployment = (replicas: number): string =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web, namespace: gravl-prod }\nspec: { replicas: ${replicas}, template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: c }] } } }\n---\n`;
  const budget = (spec: string): string =>
    `apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: b, namespace: gravl-prod }\nspec: ${spec}\n`;
  it.each([
    [3, '{ selector: { matchExpressions: [{ key: app, operator: In, values: [web] }] }, minAvailable: 2 }', 'pass'],
    [3, '{ selector: {}, maxUnavailable: 1 }', 'pass'],
    [3, '{ selector: { matchLabels: { app: web } }, minAvailable: 100% }', 'fail'],
    [3, '{ selector: { matchLabels: { app: web } }, minAvailable: 3 }', 'fail'],
    [1, '{ selector: { matchLabels: { app: web } }, minAvailable: 50% }', 'fail'],
    [3, '{ selector: { matchLabels: { app: web } }, maxUnavailable: 0 }', 'fail'],
    [3, '{ selector: { matchLabels: { app: other } }, maxUnavailable: 1 }', 'fail'],
  ])('of %i replicas and %s: %s', (replicas, spec, state) => {
    expect(check('disruption-budgets', deployment(replicas) + budget(spec)).state).toBe(state);
  });
  it('are not asked of what a drained node keeps', () => {
    const daemon = deployment(1).replace('Deployment', 'DaemonSet');
    expect(check('disruption-budgets', daemon).state).toBe('not checked');
  });
});

describe('permissions', () => {
  const role = (kind: string, rules: string, more = ''): string =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: ${kind}\nmetadata: { name: r${kind === 'Role' ? ', namespace: gravl-prod' : ''}${more} }\nrules: ${rules}\n---\n`;
  const binding = (subject: string, name = 'r'): string =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: { name: b }\nroleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${name} }\nsubjects: [${subject}]\n---\n`;
  const ours = '{ kind: ServiceAccount, name: a, namespace: gravl-prod }';
  it.each([
    [
      'a wildcard in a role that nobody is bound to yet',
      role('ClusterRole', '[{ apiGroups: [""], resources: ["*"], verbs: [get] }]'),
      /wildcard in resources/,
    ],
    ['listing secrets', role('Role', '[{ apiGroups: [""], resources: [secrets], verbs: [list] }]'), /reaches secrets/],
    ['impersonation', role('Role', '[{ apiGroups: [""], resources: [users], verbs: [impersonate] }]'), /impersonate/],
    [
      'cluster-admin for an account elsewhere',
      binding('{ kind: ServiceAccount, name: default, namespace: kube-system }', 'cluster-admin'),
      /binds cluster-admin/,
    ],
    [
      'a role for everybody',
      role('ClusterRole', '[{ apiGroups: [""], resources: [pods], verbs: [get] }]') +
        binding('{ kind: Group, name: system:unauthenticated }'),
      /is for system:unauthenticated/,
    ],
  ])('show %s', (_, text, expected) => {
    expect(messages(check('rbac-no-wildcards', text)).join('\n')).toMatch(expected);
  });

  it('of an aggregated role are those of the roles that it selects', () => {
    const whole =
      'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: whole }\naggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: "true" } }] }\nrules: []\n---\n';
    const part = role(
      'ClusterRole',
      '[{ apiGroups: [""], resources: [nodes], verbs: [get] }]',
      ', labels: { part: "true" }',
    );
    const { findings = [] } = check('rbac-declared', whole + part + binding(ours, 'whole'), { permissions: {} });
    expect(findings.map(({ message }) => message)).toEqual(['not declared: gravl-prod/a may get nodes in *']);
    const permissions = { 'gravl-prod/a': [{ in: '*', verbs: ['get'], resources: ['nodes'] }] };
    expect(check('rbac-declared', whole + part + binding(ours, 'whole'), { permissions }).state).toBe('pass');
  });

  it('come in projected volumes, too; a token for somebody else opens nothing here', () => {
    const account =
      '---\napiVersion: v1\nkind: ServiceAccount\nmetadata: { name: a, namespace: gravl-prod }\nautomountServiceAccountToken: false\n';
    const projected = (source: string): string =>
      pod(
        `serviceAccount: a\n  automountServiceAccountToken: false\n  volumes: [{ name: t, projected: { sources: [{ serviceAccountToken: ${source} }] } }]`,
      ) + account;
    expect(messages(check('rbac-tokens', projected('{ path: token }')))).toEqual([
      'Pod gravl-prod/p projects a token for the API that it does not need',
    ]);
    expect(check('rbac-tokens', projected('{ path: token, audience: vault }')).state).toBe('pass');
  });
});

describe('secrets', () => {
  it.each([
    [
      'in another namespace',
      'apiVersion: v1\nkind: Secret\nmetadata: { name: s, namespace: elsewhere }\nstringData: { a: b }\n',
    ],
    [
      'in a list',
      'apiVersion: v1\nkind: SecretList\nitems: [{ apiVersion: v1, kind: Secret, metadata: { name: s }, data: { a: Yg== } }]\n',
    ],
    ['as a variable', pod('', '', 'env: [{ name: DB_PASSWORD, value: hunter2 }]')],
    ['in an address', pod('', '', "env: [{ name: DATABASE_URL, value: 'postgres://gravl:hunter2@db/gravl' }]")],
    ['in a ConfigMap', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c }\ndata: { api_key: abcdef }\n'],
    [
      'in what kubectl keeps',
      `apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: { name: s, annotations: { kubectl.kubernetes.io/last-applied-configuration: '{"kind":"Secret","data":{"a":"Yg=="}}' } }\n`,
    ],
  ])('are found in plain sight %s, and not repeated', (_, text) => {
    const outcome = check('secrets-not-plain', text);
    expect(outcome.state).toBe('fail');
    expect(JSON.stringify(outcome)).not.toMatch(/hunter2|abcdef/);
  });
  it.each([
    [
      'an empty Secret',
      'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\ntype: kubernetes.io/service-account-token\n',
    ],
    [
      'the place of a secret',
      pod(
        '',
        '',
        'env: [{ name: TOKEN, value: /run/token }, { name: DB_PASSWORD_FILE, value: x }, { name: URL, value: "postgres://gravl:$(PASSWORD)@db" }]',
      ),
    ],
    ['a reference', pod('', '', 'env: [{ name: DB_PASSWORD, valueFrom: { secretKeyRef: { name: s, key: k } } }]')],
  ])('do not include %s', (_, text) => {
    expect(messages(check('secrets-not-plain', text))).toEqual([]);
  });

  const sealed = (more = ''): string =>
    `---\napiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: { name: db, namespace: gravl-prod${more} }\nspec: { encryptedData: { url: AgA } }\n`;
  const uses = (key: string): string =>
    pod('', '', `env: [{ name: U, valueFrom: { secretKeyRef: { name: db, key: ${key} } } }]`);
  it('must be made by something, with the keys that pods use', () => {
    expect(check('secrets-made', uses('url') + sealed()).state).toBe('pass');
    expect(check('secrets-made', uses('url')).state).toBe('not checked');
    expect(messages(check('secrets-made', uses('uri') + sealed()))).toEqual([
      'Pod gravl-prod/p uses uri of db, which SealedSecret gravl-prod/db does not make',
    ]);
  });
  it('are not sealed for the whole cluster', () => {
    const wide = sealed(", annotations: { sealedsecrets.bitnami.com/cluster-wide: 'true' }");
    expect(messages(check('secrets-sealed', wide)).join()).toMatch(/sealed cluster-wide/);
  });
});

describe('certificates', () => {
  const issuer = (name: string, spec: string, kind = 'ClusterIssuer'): string =>
    `apiVersion: cert-manager.io/v1\nkind: ${kind}\nmetadata: { name: ${name}${kind === 'Issuer' ? ', namespace: gravl-prod' : ''} }\nspec: ${spec}\n---\n`;
  const acme = (server: string, account = 'key', solvers = '[{ http01: { ingress: {} } }]'): string =>
    `{ acme: { server: '${server}', privateKeySecretRef: { name: ${account} }, solvers: ${solvers} } }`;
  const prod = 'https://acme-v02.api.letsencrypt.org/directory';
  const stagingUrl = 'https://acme-staging-v02.api.letsencrypt.org/directory';
  const certificate = (spec: string, namespace = 'gravl-prod', name = 'c'): string =>
    `apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: { ${spec} }\n---\n`;
  const good = issuer('letsencrypt-prod', acme(prod));
  const named = 'secretName: s, dnsNames: [gravl.app], issuerRef: { name: letsencrypt-prod, kind: ClusterIssuer }';

  it('that fit together pass', () => {
    expect(messages(check('issuance', good + certificate(named)))).toEqual([]);
  });
  it.each([
    [
      'an issuer of another kind',
      good + certificate('secretName: s, dnsNames: [gravl.app], issuerRef: { name: letsencrypt-prod }'),
      /names the Issuer letsencrypt-prod, which is not there; there is a ClusterIssuer/,
    ],
    ['an issuer that is not there', certificate(named), /ClusterIssuer letsencrypt-prod, which is not there/],
    ['production that asks staging', issuer('letsencrypt-prod', acme(stagingUrl)), /asks https:\/\/acme-staging/],
    [
      'one account for two authorities',
      good + issuer('letsencrypt-staging', acme(stagingUrl)),
      /shares its account key/,
    ],
    ['an issuer without solvers', issuer('x', acme(prod, 'key', '[]')), /no solver/],
    [
      'a wildcard without dns01',
      good + certificate(named.replace('[gravl.app]', "['*.gravl.app']")),
      /proven by dns01 only/,
    ],
    ['no host', good + certificate(named.replace('dnsNames: [gravl.app], ', '')), /names no host/],
    [
      'an address for a host',
      good + certificate(named.replace('[gravl.app]', "['https://gravl.app']")),
      /is no host name/,
    ],
    [
      'two that write one secret',
      good + certificate(named) + certificate(named, 'gravl-prod', 'd'),
      /writes the same secret as c/,
    ],
    [
      'renewal before issue',
      good + certificate(`${named}, duration: 24h, renewBefore: 48h`),
      /renewed before it is issued/,
    ],
    ['days, which are no duration', good + certificate(`${named}, duration: 90d`), /duration must be like 2160h/],
    [
      'an authority made in the wrong namespace',
      issuer('ca', '{ ca: { secretName: k } }') +
        issuer('self', '{ selfSigned: {} }') +
        certificate('isCA: true, commonName: CA, secretName: k, issuerRef: { name: self, kind: ClusterIssuer }'),
      /looks for the secret k in cert-manager, but its Certificate makes it in gravl-prod/,
    ],
    [
      'an authority that is none',
      issuer('ca', '{ ca: { secretName: k } }') +
        issuer('self', '{ selfSigned: {} }') +
        certificate('commonName: CA, secretName: k, issuerRef: { name: self, kind: ClusterIssuer }', 'cert-manager'),
      /is no authority/,
    ],
    [
      'an ingress without TLS',
      'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: i, namespace: gravl-prod }\nspec: { rules: [{ host: gravl.app }] }\n',
      /serves gravl.app without TLS/,
    ],
    [
      'an ingress with a certificate of another host',
      `${good}${certificate(named)}apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: i, namespace: gravl-prod }\nspec: { tls: [{ hosts: [api.gravl.app], secretName: s }] }\n`,
      /does not name it/,
    ],
  ])('show %s', (_, text, expected) => {
    expect(messages(check('issuance', text)).join('\n')).toMatch(expected);
  });
  it('of production are of an authority that browsers trust', () => {
    const staged = certificate(named.replace('letsencrypt-prod', 'letsencrypt-staging'));
    expect(messages(check('certificates', staged)).join()).toMatch(/letsencrypt-staging: no browser trusts it/);
  });
});

describe('the default deny', () => {
  const policy = (name: string, spec: string): string =>
    `apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: gravl-prod }\nspec: ${spec}\n---\n`;
  it.each([
    ['one policy', policy('a', '{ podSelector: {}, policyTypes: [Ingress, Egress] }'), 'pass'],
    [
      'one for each direction, and a selector with nothing in it',
      policy('a', '{ podSelector: { matchLabels: {} }, policyTypes: [Ingress] }') +
        policy('b', '{ podSelector: {}, policyTypes: [Egress], egress: [] }'),
      'pass',
    ],
    ['one direction', policy('a', '{ podSelector: {} }'), 'fail'],
    [
      'an empty rule, which allows everything',
      policy('a', '{ podSelector: {}, policyTypes: [Ingress, Egress], ingress: [{}] }'),
      'fail',
    ],
    ['some pods', policy('a', '{ podSelector: { matchLabels: { a: b } }, policyTypes: [Ingress, Egress] }'), 'fail'],
  ])('of %s', (_, text, state) => {
    expect(check('policy-default-deny', text).state).toBe(state);
  });
  it('is not all that is asked: without policies nothing is explicit', () => {
    expect(check('policy-explicit', '').state).toBe('not checked');
  });
});

describe('alerts', () => {
  it('are not loaded from a file that is no YAML', () => {
    const config =
      "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: prometheus-config }\ndata: { alerts.yml: '{[' }\n";
    expect(messages(check('alerts', config)).join()).toMatch(/alerts.yml is no YAML/);
  });
  it('are what a running Prometheus says', () => {
    const loadedAlerts = { from: 'http://p', names: ['GravlBackendDown'], broken: ['GravlBackendDown'] };
    const found = messages(check('alerts', '', { loadedAlerts }));
    expect(found).toContain('the alert GravlErrorRate is not loaded');
    expect(found).toContain('the alert GravlBackendDown cannot be evaluated');
  });
});

describe('backups', () => {
  const job = (more = '', status = ''): string =>
    `apiVersion: batch/v1\nkind: CronJob\nmetadata: { name: b, namespace: gravl-prod }\nspec: { schedule: '@daily'${more}, jobTemplate: { spec: { template: { spec: { containers: [{ name: c }] } } } } }\n${status}`;
  const backups = [{ name: 'data', cronJob: 'gravl-prod/b', maxAge: 86_400_000 }];
  const at = (hours: number): string =>
    `status: { lastSuccessfulTime: '${new Date(Date.now() - hours * 3_600_000).toISOString()}' }\n`;
  it.each([
    ['no CronJob', '', false, 'fail'],
    ['a CronJob in manifests', job(), false, 'not checked'],
    ['a suspended one', job(', suspend: true'), false, 'fail'],
    ['one that never succeeded', job(), true, 'fail'],
    ['one that succeeded lately', job('', at(2)), true, 'pass'],
    ['one that succeeded long ago', job('', at(30)), true, 'fail'],
  ])('%s', (_, text, live, state) => {
    expect(check('backups', text, { live, backups }).state).toBe(state);
  });
  it('are not checked when none is declared', () => {
    expect([check('backups', '').state, check('backups', '', { backups: [] }).state]).toEqual([
      'not checked',
      'not checked',
    ]);
  });
});
