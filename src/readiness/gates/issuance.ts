/** Mistakes in issuers, certificates and ingresses that cert-manager only tells when it is too late. */
import type { KubeObject } from '../manifests/load.ts';
import { field, judge, list, nameOf, notChecked, type Finding, type Gate, type GateContext } from './model.ts';

/** Where cert-manager looks for the secrets of ClusterIssuers. */
const clusterResources = 'cert-manager';
const group = 'cert-manager.io';
const authorities: Readonly<Record<string, string>> = {
  'letsencrypt-prod': 'https://acme-v02.api.letsencrypt.org/directory',
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): string[] => list(value).map(text);
export const ofKind = (objects: readonly KubeObject[], kind: string): KubeObject[] =>
  objects.filter((object) => object.kind === kind);
const namespaceOf = ({ metadata }: KubeObject): string => metadata.namespace ?? 'default';

/** The issuer that a certificate names: `Issuer` of its own namespace when it does not say the kind. */
export function issuerOf(certificate: KubeObject): { kind: string; name: string; group: string } {
  const of = (key: string): unknown => field(certificate.body, 'spec', 'issuerRef', key);
  return { kind: text(of('kind')) || 'Issuer', name: text(of('name')), group: text(of('group')) || group };
}

const findIssuer = (objects: readonly KubeObject[], kind: string, name: string, namespace: string) =>
  objects.find(
    (object) =>
      object.kind === kind &&
      object.metadata.name === name &&
      (kind === 'ClusterIssuer' || namespaceOf(object) === namespace),
  );

/** Whether a name in a certificate covers a host; a wildcard stands for one label. */
export const coversHost = (name: string, host: string): boolean =>
  name === host || (name.startsWith('*.') && host.includes('.') && name.slice(2) === host.slice(host.indexOf('.') + 1));

/** Milliseconds of a Go duration such as 2160h or 1h30m; undefined for what is none. */
function goDuration(value: unknown): number | undefined {
  const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
  const parts = [...text(value).matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== value) return undefined;
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ''] ?? 0), 0);
}

type Tell = (object: KubeObject, message: string, ...keys: (string | number)[]) => void;

function judgeIssuer(issuer: KubeObject, objects: readonly KubeObject[], tell: Tell): void {
  const kinds = ['acme', 'ca', 'vault', 'selfSigned', 'venafi'].filter(
    (kind) => field(issuer.body, 'spec', kind) !== undefined,
  );
  if (kinds.length !== 1)
    tell(issuer, `must have one of acme, ca, vault, selfSigned, venafi, has ${kinds.length}`, 'spec');
  const acme = field(issuer.body, 'spec', 'acme');
  if (acme != null) judgeAcme(issuer, acme, objects, tell);
  const caSecret = field(issuer.body, 'spec', 'ca', 'secretName');
  if (caSecret === undefined) return;
  const home = issuer.kind === 'ClusterIssuer' ? clusterResources : namespaceOf(issuer);
  const makers = ofKind(objects, 'Certificate').filter(({ body }) => field(body, 'spec', 'secretName') === caSecret);
  const maker = makers.find((certificate) => namespaceOf(certificate) === home);
  // That no Certificate makes it at all is said by the gate `issuers`.
  if (makers.length > 0 && maker === undefined) {
    const found = makers.map(namespaceOf).join(', ');
    tell(
      issuer,
      `looks for the secret ${text(caSecret)} in ${home}, but its Certificate makes it in ${found}`,
      'spec',
      'ca',
    );
  }
  if (maker !== undefined && field(maker.body, 'spec', 'isCA') !== true) {
    tell(maker, `makes the key of ${issuer.metadata.name} but is no authority (isCA: true)`, 'spec');
  }
}

function judgeAcme(issuer: KubeObject, acme: unknown, objects: readonly KubeObject[], tell: Tell): void {
  const server = text(field(acme, 'server'));
  const { name } = issuer.metadata;
  const expected = authorities[name];
  if (!/^https:\/\/\S+$/.test(server))
    tell(issuer, `the ACME server must be an https address, is "${server}"`, 'spec', 'acme');
  else if (expected !== undefined && server !== expected) {
    tell(issuer, `asks ${server}, not ${expected}`, 'spec', 'acme', 'server');
  }
  const account = text(field(acme, 'privateKeySecretRef', 'name'));
  if (account === '') tell(issuer, 'has no privateKeySecretRef for its account', 'spec', 'acme');
  const twin = [...ofKind(objects, 'ClusterIssuer'), ...ofKind(objects, 'Issuer')].find(
    (other) =>
      other.metadata.name < name &&
      other.kind === issuer.kind &&
      other.metadata.namespace === issuer.metadata.namespace &&
      text(field(other.body, 'spec', 'acme', 'privateKeySecretRef', 'name')) === account &&
      field(other.body, 'spec', 'acme', 'server') !== server,
  );
  if (account !== '' && twin !== undefined) {
    tell(
      issuer,
      `shares its account key ${account} with ${twin.metadata.name}, which asks another authority`,
      'spec',
      'acme',
    );
  }
  const solvers = list(field(acme, 'solvers'));
  if (solvers.length === 0) tell(issuer, 'has no solver', 'spec', 'acme');
  for (const [index, solver] of solvers.entries()) {
    if (field(solver, 'http01') === undefined && field(solver, 'dns01') === undefined) {
      tell(issuer, 'has a solver without http01 and dns01', 'spec', 'acme', 'solvers', index);
    }
  }
}

function judgeCertificate(certificate: KubeObject, objects: readonly KubeObject[], tell: Tell): void {
  const spec = (key: string): unknown => field(certificate.body, 'spec', key);
  const secret = text(spec('secretName'));
  if (secret === '') tell(certificate, 'has no secretName', 'spec');
  const twin = ofKind(objects, 'Certificate').find(
    (other) =>
      other.metadata.name < certificate.metadata.name &&
      namespaceOf(other) === namespaceOf(certificate) &&
      field(other.body, 'spec', 'secretName') === secret,
  );
  if (twin !== undefined)
    tell(certificate, `writes the same secret as ${twin.metadata.name}: each undoes the other`, 'spec');
  const names = texts(spec('dnsNames'));
  const subjects = ['dnsNames', 'ipAddresses', 'uris', 'emailAddresses', 'otherNames'].flatMap((key) =>
    list(spec(key)),
  );
  if (subjects.length === 0 && text(spec('commonName')) === '' && spec('literalSubject') === undefined) {
    tell(certificate, 'names no host (dnsNames)', 'spec');
  }
  for (const name of names) {
    if (!/^(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/i.test(name)) {
      tell(certificate, `"${name}" is no host name`, 'spec', 'dnsNames');
    }
  }
  if (text(spec('commonName')).length > 64) tell(certificate, 'has a commonName of more than 64 characters', 'spec');
  judgeTimes(certificate, tell);
  const { kind, name, group: issuerGroup } = issuerOf(certificate);
  if (issuerGroup !== group) return;
  const issuer = findIssuer(objects, kind, name, namespaceOf(certificate));
  if (issuer === undefined) {
    const elsewhere = objects.find(
      (one) => one.kind.endsWith('Issuer') && one.kind !== kind && one.metadata.name === name,
    );
    const hint = elsewhere === undefined ? '' : `; there is a ${elsewhere.kind} of that name (issuerRef.kind)`;
    tell(certificate, `names the ${kind} ${name || '""'}, which is not there${hint}`, 'spec', 'issuerRef');
    return;
  }
  const acme = field(issuer.body, 'spec', 'acme');
  if (acme === undefined) return;
  if (spec('isCA') === true) tell(certificate, `${name} issues no authorities (isCA)`, 'spec', 'isCA');
  for (const wildcard of names.filter((one) => one.startsWith('*.'))) {
    if (!list(field(acme, 'solvers')).some((solver) => provesWildcard(solver, wildcard))) {
      tell(
        certificate,
        `${wildcard} is proven by dns01 only, and ${name} has no such solver for it`,
        'spec',
        'dnsNames',
      );
    }
  }
}

function provesWildcard(solver: unknown, name: string): boolean {
  if (field(solver, 'dns01') === undefined) return false;
  const dnsNames = texts(field(solver, 'selector', 'dnsNames'));
  const zones = texts(field(solver, 'selector', 'dnsZones'));
  if (dnsNames.length === 0 && zones.length === 0) return true;
  return dnsNames.includes(name) || zones.some((zone) => name.endsWith(`.${zone}`));
}

function judgeTimes(certificate: KubeObject, tell: Tell): void {
  const hour = 3_600_000;
  const read = (key: string): number | undefined => {
    const value = field(certificate.body, 'spec', key);
    const time = goDuration(value);
    if (value != null && time === undefined)
      tell(certificate, `${key} must be like 2160h, is "${text(value)}"`, 'spec', key);
    return time;
  };
  const duration = read('duration') ?? 2160 * hour;
  const before = read('renewBefore');
  if (duration < hour) tell(certificate, 'has a duration below 1h', 'spec', 'duration');
  if (before === undefined) return;
  if (before >= duration)
    tell(certificate, 'is renewed before it is issued (renewBefore, duration)', 'spec', 'renewBefore');
  if (before < hour / 12) tell(certificate, 'has a renewBefore below 5m', 'spec', 'renewBefore');
}

function judgeIngress(ingress: KubeObject, objects: readonly KubeObject[], tell: Tell): void {
  const { annotations } = ingress.metadata;
  const cluster = annotations['cert-manager.io/cluster-issuer'];
  const local = annotations['cert-manager.io/issuer'];
  const tls = list(field(ingress.body, 'spec', 'tls'));
  if (cluster !== undefined && local !== undefined)
    tell(ingress, 'names both an issuer and a cluster issuer', 'metadata', 'annotations');
  for (const [kind, name] of [
    ['ClusterIssuer', cluster],
    ['Issuer', local],
  ] as const) {
    if (name === undefined || annotations['cert-manager.io/issuer-group'] !== undefined) continue;
    if (findIssuer(objects, kind, name, namespaceOf(ingress)) === undefined) {
      tell(ingress, `names the ${kind} ${name}, which is not there`, 'metadata', 'annotations');
    }
    if (tls.length === 0) tell(ingress, 'asks for a certificate and has no tls', 'spec');
  }
  const asks = cluster !== undefined || local !== undefined || annotations['kubernetes.io/tls-acme'] === 'true';
  for (const [index, entry] of tls.entries()) {
    const secret = text(field(entry, 'secretName'));
    const certificate = ofKind(objects, 'Certificate').find(
      (one) => namespaceOf(one) === namespaceOf(ingress) && field(one.body, 'spec', 'secretName') === secret,
    );
    const names = texts(field(certificate?.body, 'spec', 'dnsNames'));
    for (const host of texts(field(entry, 'hosts'))) {
      if (certificate !== undefined && !names.some((name) => coversHost(name, host))) {
        tell(
          ingress,
          `shows ${host} the certificate ${certificate.metadata.name}, which does not name it`,
          'spec',
          'tls',
          index,
        );
      }
    }
    if (secret === '' && asks) tell(ingress, 'has a tls entry without secretName', 'spec', 'tls', index);
  }
  const secured = tls.flatMap((entry) => texts(field(entry, 'hosts')));
  for (const rule of list(field(ingress.body, 'spec', 'rules'))) {
    const host = text(field(rule, 'host'));
    if (host !== '' && !secured.some((name) => coversHost(name, host)))
      tell(ingress, `serves ${host} without TLS`, 'spec', 'rules');
  }
}

const isIssued = ({ apiVersion }: KubeObject): boolean => apiVersion.startsWith(`${group}/`);

export const issuanceGate: Gate = {
  id: 'issuance',
  area: 'security',
  title: 'issuers, certificates and ingresses fit together',
  verify: 'kubectl -n NAMESPACE describe certificates,ingresses; kubectl describe clusterissuers',
  fix: 'Correct what the finding names in k8s/source/certificates.ts, and run npm run manifests.',
  check({ objects, tree, live, namespaces }: GateContext) {
    const findings: Finding[] = [];
    const tell: Tell = (object, message, ...keys) =>
      void findings.push({ message: `${nameOf(object)}: ${message}`, where: object.where(...keys) });
    // A cluster shows no more than is looked at; what an issuer of another environment needs is in the tree.
    const all = live ? objects : (tree ?? objects);
    const issuers = [...ofKind(objects, 'ClusterIssuer'), ...ofKind(objects, 'Issuer')].filter(isIssued);
    const certificates = ofKind(objects, 'Certificate').filter(isIssued);
    const ingresses = ofKind(objects, 'Ingress').filter((ingress) => namespaces.includes(namespaceOf(ingress)));
    if (issuers.length + certificates.length + ingresses.length === 0) return notChecked('there are no certificates');
    for (const issuer of issuers) judgeIssuer(issuer, all, tell);
    for (const certificate of certificates) judgeCertificate(certificate, all, tell);
    for (const ingress of ingresses) judgeIngress(ingress, all, tell);
    return judge(
      findings,
      `${issuers.length} issuers, ${certificates.length} certificates, ${ingresses.length} ingresses`,
    );
  },
};
