/**
 * Certificates: who issues them (cert-manager) and for which hosts. The staging authority of Let's Encrypt has generous
 * limits; only once it has issued for staging is the production one used.
 */
import { Certificate, ClusterIssuer, type ICertificate } from '@kubernetes-models/cert-manager/cert-manager.io/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { namespaceLabel, namespaces, partOf, ports, production, staging, type Environment } from './environment.ts';

const email = 'ops@gravl.app';
/** cert-manager looks for the secrets of cluster issuers in its own namespace. */
const certManagerNamespace = 'cert-manager';
const caSecret = 'internal-ca-key-pair';
const http01 = { http01: { ingress: { ingressClassName: 'nginx' } } };
const labels = { ...partOf };

const acme = (name: string, server: string, solvers: object[]) =>
  new ClusterIssuer({
    metadata: { name, labels },
    spec: { acme: { server, email, privateKeySecretRef: { name: `${name}-account-key` }, solvers } },
  });

const issuers = () => [
  acme('letsencrypt-prod', 'https://acme-v02.api.letsencrypt.org/directory', [
    http01,
    {
      // Wildcards, and hosts whose port 80 the world cannot reach, are proven in the DNS.
      dns01: { cloudflare: { apiTokenSecretRef: { name: 'cloudflare-api-token', key: 'api-token' } } },
      selector: { dnsNames: ['*.gravl.app'] },
    },
  ]),
  acme('letsencrypt-staging', 'https://acme-staging-v02.api.letsencrypt.org/directory', [http01]),
  new ClusterIssuer({ metadata: { name: 'selfsigned-issuer', labels }, spec: { selfSigned: {} } }),
  // An issuer of kind CA is ready only when the secret with its key pair exists: this certificate makes it.
  new Certificate({
    metadata: { name: 'internal-ca', namespace: certManagerNamespace, labels },
    spec: {
      isCA: true,
      commonName: 'Gravl internal CA',
      secretName: caSecret,
      duration: '43800h',
      renewBefore: '8760h',
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      issuerRef: { name: 'selfsigned-issuer', kind: 'ClusterIssuer', group: 'cert-manager.io' },
    },
  }),
  new ClusterIssuer({ metadata: { name: 'internal-ca-issuer', labels }, spec: { ca: { secretName: caSecret } } }),
];

const secretOf = ({ host }: Environment): string => `${host.replaceAll('.', '-')}-tls`;

function forHost(environment: Environment) {
  const { host, namespace, issuer } = environment;
  // The name of its secret: for the annotated Ingress cert-manager would make one of that name, and finds this one.
  const name = secretOf(environment);
  const spec: ICertificate['spec'] = {
    secretName: name,
    dnsNames: [host],
    duration: '2160h',
    // Alerts begin at 30 days; renewal at 31, so they mean that renewal has failed.
    renewBefore: '744h',
    privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
    issuerRef: { name: issuer, kind: 'ClusterIssuer', group: 'cert-manager.io' },
  };
  const path = (prefix: string, service: string, port: number) => ({
    path: prefix,
    pathType: 'Prefix' as const,
    backend: { service: { name: service, port: { number: port } } },
  });
  return [
    new Certificate({ metadata: { name, namespace, labels }, spec }),
    new Ingress({
      metadata: {
        name: 'gravl',
        namespace,
        labels,
        annotations: {
          'cert-manager.io/cluster-issuer': issuer,
          'nginx.ingress.kubernetes.io/ssl-redirect': 'true',
          'nginx.ingress.kubernetes.io/force-ssl-redirect': 'true',
          'nginx.ingress.kubernetes.io/hsts': 'true',
          'nginx.ingress.kubernetes.io/proxy-body-size': '1m',
          'nginx.ingress.kubernetes.io/proxy-read-timeout': '30',
        },
      },
      spec: {
        ingressClassName: 'nginx',
        tls: [{ hosts: [host], secretName: name }],
        rules: [
          {
            host,
            http: {
              paths: [
                path('/api', 'backend', ports.backend),
                path('/health', 'backend', ports.backend),
                path('/', 'frontend', ports.frontend),
              ],
            },
          },
        ],
      },
    }),
    // cert-manager answers http01 challenges from a pod in this namespace, which the default deny would cut off.
    new NetworkPolicy({
      metadata: { name: 'allow-acme-http01-solver', namespace, labels },
      spec: {
        podSelector: { matchLabels: { 'acme.cert-manager.io/http01-solver': 'true' } },
        policyTypes: ['Ingress'],
        ingress: [
          {
            from: [{ namespaceSelector: { matchLabels: { [namespaceLabel]: namespaces.ingress } } }],
            ports: [{ protocol: 'TCP', port: ports.acmeSolver }],
          },
        ],
      },
    }),
  ];
}

export const certManagerSetup = () => [...issuers(), ...forHost(production), ...forHost(staging)];
