/**
 * The database's secret: sealed for the cluster's controller, or, for teams that keep secrets in a manager, taken from
 * there by External Secrets. The sealed values here are placeholders: sealed to the documented test key
 * (test/fixtures/sealing), so they show the shape and open nowhere; `gravl-load secrets seal` makes the real ones.
 */
import { ConfigMap } from 'kubernetes-models/v1';
import { partOf, production } from './environment.ts';
import placeholder from './placeholder-secret.json' with { type: 'json' };

const name = 'gravl-db-secret';
const { namespace } = production;
const labels = { ...partOf };
const refreshInterval = '1h';

/** What the gates and `secrets backup-key` expect of the controller. */
const controllerExpectations = () =>
  new ConfigMap({
    metadata: { name: 'sealed-secrets-expectations', namespace: 'kube-system', labels },
    data: {
      controller: 'sealed-secrets-controller',
      service: 'sealed-secrets-controller:8080',
      keyRenewPeriod: '720h',
      activeKeyLabel: 'sealedsecrets.bitnami.com/sealed-secrets-key=active',
    },
  });

const sealedSecret = () => ({
  apiVersion: 'bitnami.com/v1alpha1',
  kind: 'SealedSecret',
  metadata: { name, namespace, labels, annotations: { 'gravl.app/sealed-with': 'documented-test-key' } },
  spec: { encryptedData: placeholder, template: { metadata: { name, namespace, labels }, type: 'Opaque' } },
});

/** `remote` is how the manager addresses one property of the secret. */
function external(suffix: string, provider: object, remote: (property: string) => object) {
  const metadata = { name: `${name}-${suffix}`, namespace, labels };
  return [
    { apiVersion: 'external-secrets.io/v1', kind: 'SecretStore', metadata, spec: { provider } },
    {
      apiVersion: 'external-secrets.io/v1',
      kind: 'ExternalSecret',
      metadata,
      spec: {
        refreshInterval,
        secretStoreRef: { kind: 'SecretStore', name: metadata.name },
        // A name of its own: never two owners of one Secret. To switch, point the workloads at it.
        target: { name: metadata.name, creationPolicy: 'Owner', deletionPolicy: 'Retain' },
        data: Object.keys(placeholder).map((key) => ({ secretKey: key, remoteRef: remote(key) })),
      },
    },
  ];
}

const alternatives = () => [
  ...external(
    'aws',
    {
      aws: {
        service: 'SecretsManager',
        region: 'eu-central-1',
        auth: { jwt: { serviceAccountRef: { name: 'external-secrets' } } },
      },
    },
    (property) => ({ key: 'gravl/production/db', property }),
  ),
  ...external(
    'vault',
    {
      vault: {
        server: 'https://vault.gravl.app',
        path: 'secret',
        version: 'v2',
        auth: {
          kubernetes: { mountPath: 'kubernetes', role: 'gravl', serviceAccountRef: { name: 'external-secrets' } },
        },
      },
    },
    (property) => ({ key: 'gravl/production/db', property }),
  ),
  ...external(
    'gcp',
    {
      gcpsm: {
        projectID: 'gravl-production',
        auth: {
          workloadIdentity: {
            clusterLocation: 'europe-west3',
            clusterName: 'gravl',
            serviceAccountRef: { name: 'external-secrets' },
          },
        },
      },
    },
    (property) => ({ key: `gravl-db-${property.toLowerCase().replaceAll('_', '-')}` }),
  ),
];

export const sealedSecretsSetup = () => [controllerExpectations(), sealedSecret(), ...alternatives()];
