/**
 * The nine policies of an environment: everything is denied both ways, then each needed flow is allowed on both its
 * ends. `k8s/flows.yaml` declares the flows; `gravl-load reach` proves that they, and nothing else, pass.
 */
import {
  NetworkPolicy,
  type INetworkPolicyPeer,
  type INetworkPolicyPort,
  type INetworkPolicySpec,
} from 'kubernetes-models/networking.k8s.io/v1';
import { app, everyPod, namespaceLabel, namespaces, partOf, ports, type Environment } from './environment.ts';

const tcp = (...numbers: number[]): INetworkPolicyPort[] => numbers.map((port) => ({ protocol: 'TCP', port }));
const inNamespace = (name: string): INetworkPolicyPeer => ({
  namespaceSelector: { matchLabels: { [namespaceLabel]: name } },
});

/**
 * Addresses of the internet: private networks (pods, services, nodes), carrier NAT, loopback and link-local, where
 * clouds serve instance metadata, are left out.
 */
const internet: INetworkPolicyPeer[] = [
  {
    ipBlock: {
      cidr: '0.0.0.0/0',
      except: ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
    },
  },
  // Metadata over IPv6 (fd00:ec2::254) lies in fc00::/7.
  { ipBlock: { cidr: '::/0', except: ['::1/128', 'fc00::/7', 'fe80::/10'] } },
];

const specs: Readonly<Record<string, INetworkPolicySpec>> = {
  'gravl-default-deny': { podSelector: everyPod, policyTypes: ['Ingress', 'Egress'] },
  'allow-from-ingress-to-backend': {
    podSelector: app('backend'),
    policyTypes: ['Ingress'],
    ingress: [{ from: [inNamespace(namespaces.ingress)], ports: tcp(ports.backend) }],
  },
  'allow-ingress-to-frontend': {
    podSelector: app('frontend'),
    policyTypes: ['Ingress'],
    ingress: [{ from: [inNamespace(namespaces.ingress)], ports: tcp(ports.frontend, ports.frontendTls) }],
  },
  'allow-backend-to-db': {
    podSelector: app('postgres'),
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ podSelector: app('backend') }], ports: tcp(ports.postgres) }],
  },
  'allow-monitoring-scrape': {
    podSelector: everyPod,
    policyTypes: ['Ingress'],
    ingress: [{ from: [inNamespace(namespaces.monitoring)], ports: tcp(ports.metrics) }],
  },
  'allow-dns-egress': {
    podSelector: everyPod,
    policyTypes: ['Egress'],
    egress: [
      {
        to: [inNamespace(namespaces.dns)],
        ports: [
          { protocol: 'UDP', port: ports.dns },
          { protocol: 'TCP', port: ports.dns },
        ],
      },
    ],
  },
  'allow-backend-db-egress': {
    podSelector: app('backend'),
    policyTypes: ['Egress'],
    egress: [{ to: [{ podSelector: app('postgres') }], ports: tcp(ports.postgres) }],
  },
  'allow-backend-external-apis': {
    podSelector: app('backend'),
    policyTypes: ['Egress'],
    egress: [{ to: internet, ports: tcp(443, 80) }],
  },
  'allow-frontend-cdn-egress': {
    podSelector: app('frontend'),
    policyTypes: ['Egress'],
    egress: [{ to: internet, ports: tcp(443, 80) }],
  },
};

export function networkPolicies({ namespace }: Environment): NetworkPolicy[] {
  return Object.entries(specs).map(
    ([name, spec]) => new NetworkPolicy({ metadata: { name, namespace, labels: { ...partOf } }, spec }),
  );
}
