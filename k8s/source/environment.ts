/** What differs between the environments; everything else is the same by construction. */
export interface Environment {
  readonly name: 'staging' | 'production';
  readonly namespace: string;
  readonly host: string;
  readonly issuer: string;
  readonly replicas: number;
  readonly quota: { readonly cpu: string; readonly memory: string; readonly pods: string };
}

export const staging: Environment = {
  name: 'staging',
  namespace: 'gravl-staging',
  host: 'staging.gravl.app',
  issuer: 'letsencrypt-staging',
  replicas: 2,
  quota: { cpu: '4', memory: '4Gi', pods: '20' },
};

export const production: Environment = {
  name: 'production',
  namespace: 'gravl-prod',
  host: 'gravl.app',
  issuer: 'letsencrypt-prod',
  replicas: 3,
  quota: { cpu: '12', memory: '12Gi', pods: '40' },
};

export const namespaces = {
  ingress: 'ingress-nginx',
  monitoring: 'gravl-monitoring',
  dns: 'kube-system',
} as const;

export const ports = {
  backend: 3000,
  metrics: 3001,
  frontend: 80,
  frontendTls: 443,
  postgres: 5432,
  dns: 53,
  acmeSolver: 8089,
} as const;

/** The label that the API server itself puts on every namespace, so nobody can forget it. */
export const namespaceLabel = 'kubernetes.io/metadata.name';

export const partOf = { 'app.kubernetes.io/part-of': 'gravl' } as const;

/** Selects a workload's pods. */
export const app = (name: string) => ({ matchLabels: { app: name } });
export const everyPod = {};
