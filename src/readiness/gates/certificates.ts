/** Certificates: who issues them, whether they were issued, and what the world is shown. */
import { coversHost, issuanceGate, issuerOf, ofKind } from './issuance.ts';
import { ageInDays, field, hasCondition, judge, list, nameOf, notChecked, type Finding, type Gate } from './model.ts';

const leastDays = 30;
const productionIssuer = 'letsencrypt-prod';
const stagingIssuer = 'letsencrypt-staging';
const issuers = [productionIssuer, stagingIssuer, 'selfsigned-issuer', 'internal-ca-issuer'];
const nobodyTrusts = (issuer: string): boolean => issuers.includes(issuer) && issuer !== productionIssuer;

export const certificateGates: readonly Gate[] = [
  {
    id: 'issuers',
    area: 'security',
    title: 'the issuers are there, and what they need too',
    verify: 'kubectl get clusterissuers',
    fix: 'kubectl apply -f k8s/production/cert-manager-setup.yaml; kubectl describe clusterissuer NAME says what is missing.',
    check({ objects, live }) {
      const found = ofKind(objects, 'ClusterIssuer');
      const findings: Finding[] = issuers
        .filter((name) => !found.some(({ metadata }) => metadata.name === name))
        .map((name) => ({ message: `ClusterIssuer ${name} is missing` }));
      const made = new Set(ofKind(objects, 'Certificate').map(({ body }) => field(body, 'spec', 'secretName')));
      for (const issuer of found) {
        const secret = field(issuer.body, 'spec', 'ca', 'secretName');
        if (secret !== undefined && !made.has(secret)) {
          findings.push({ message: `${nameOf(issuer)}: no Certificate makes its secret`, where: issuer.where('spec') });
        }
        if (live && !hasCondition(issuer, 'Ready'))
          findings.push({ message: `${nameOf(issuer)} is not ready`, where: issuer.where() });
      }
      return judge(findings, `${found.length} issuers${live ? ', by their status' : ', by their manifests'}`);
    },
  },
  issuanceGate,
  {
    id: 'certificates',
    area: 'security',
    title: `certificates are issued and valid for more than ${leastDays} days`,
    verify: 'kubectl -n NAMESPACE get certificates',
    fix: 'kubectl -n NAMESPACE describe certificate NAME follows the request, the order and the challenge.',
    check({ objects, live, namespace, host, now, environment }) {
      const mine = ofKind(objects, 'Certificate').filter(({ metadata }) => metadata.namespace === namespace);
      const covering = mine.filter(({ body }) =>
        list(field(body, 'spec', 'dnsNames')).some((name) => typeof name === 'string' && coversHost(name, host)),
      );
      if (covering.length === 0)
        return judge([{ message: `no Certificate in ${namespace} names ${host}` }], `${mine.length} certificates`);
      const untrusted = environment === 'production' ? covering.filter((one) => nobodyTrusts(issuerOf(one).name)) : [];
      if (untrusted.length > 0) {
        return judge(
          untrusted.map((one) => ({
            message: `${nameOf(one)} is of ${issuerOf(one).name}: no browser trusts it`,
            where: one.where('spec', 'issuerRef'),
          })),
          `${mine.length} certificates`,
        );
      }
      if (!live) return notChecked('manifests do not say whether a certificate was issued (--context)');
      const findings = mine.flatMap((certificate): Finding[] => {
        if (!hasCondition(certificate, 'Ready')) return [{ message: `${nameOf(certificate)} is not ready` }];
        const days = -ageInDays(new Date(String(field(certificate.body, 'status', 'notAfter'))), now);
        if (Number.isNaN(days)) return [{ message: `${nameOf(certificate)} does not say until when it is valid` }];
        return days > leastDays ? [] : [{ message: `${nameOf(certificate)} ends in ${Math.floor(days)} days` }];
      });
      return judge(findings, `${mine.length} certificates, by their status`);
    },
  },
  {
    id: 'issuer-order',
    area: 'security',
    title: 'the production issuer is used only once the staging one has issued',
    verify: 'kubectl get certificates -A',
    fix: 'Let the certificate of staging become ready first: the limits of the production authority last a week.',
    check({ objects, live, environment }) {
      const all = ofKind(objects, 'Certificate');
      const staged = all.filter((certificate) => issuerOf(certificate).name === stagingIssuer);
      if (environment === 'staging') {
        const wrong = all.filter(
          (one) => one.metadata.namespace === 'gravl-staging' && issuerOf(one).name === productionIssuer,
        );
        return judge(
          wrong.map((certificate) => ({
            message: `${nameOf(certificate)} uses ${productionIssuer}`,
            where: certificate.where('spec'),
          })),
          `${staged.length} certificates of the staging issuer`,
        );
      }
      if (!live) return notChecked('manifests do not say whether the staging issuer has issued (--context)');
      const proven = staged.some((certificate) => hasCondition(certificate, 'Ready'));
      return judge(
        proven ? [] : [{ message: 'no certificate of letsencrypt-staging is ready' }],
        `${staged.length} certificates of the staging issuer`,
      );
    },
  },
  {
    id: 'tls-endpoint',
    area: 'security',
    title: 'the endpoint shows a trusted certificate and takes TLS 1.2 or newer only',
    verify: 'openssl s_client -connect HOST:443 -servername HOST </dev/null',
    fix: 'Correct the certificate or its chain; in ingress-nginx set ssl-protocols: "TLSv1.2 TLSv1.3".',
    check({ tls, now }) {
      if (tls === undefined) return notChecked('no connection was made (--tls HOST:443)');
      const findings: Finding[] = tls.outdated.map((protocol) => ({ message: `${tls.address} takes ${protocol}` }));
      if (tls.error !== undefined) findings.push({ message: `${tls.address}: ${tls.error}` });
      if (tls.validTo !== undefined && -ageInDays(tls.validTo, now) <= leastDays) {
        findings.push({ message: `${tls.address}: the certificate ends at ${tls.validTo.toISOString()}` });
      }
      return judge(findings, `${tls.address}: ${tls.protocol ?? 'no connection'}`);
    },
  },
];
