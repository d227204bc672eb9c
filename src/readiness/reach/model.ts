/**
 * What reachability is computed from: the parts of namespaces, pods and NetworkPolicies (networking.k8s.io/v1) that
 * decide. Semantics: https://kubernetes.io/docs/concepts/services-networking/network-policies/ and the API reference
 * of NetworkPolicySpec.
 */
import { z } from 'zod';

const labels = z.record(z.string(), z.string());
export const protocolSchema = z.enum(['TCP', 'UDP', 'SCTP']);
const portNumber = z.int().min(1).max(65535);

export const namespaceSchema = z.object({ name: z.string().min(1), labels: labels.default({}) });

export const podSchema = z.object({
  namespace: z.string().min(1),
  name: z.string().min(1),
  labels: labels.default({}),
  /** One address; further ones (dual stack) in `ips`. */
  ip: z.string().optional(),
  ips: z.array(z.string()).optional(),
  ports: z
    .array(z.object({ name: z.string().optional(), port: portNumber, protocol: protocolSchema.default('TCP') }))
    .default([]),
  /** NetworkPolicies of pods on the host network are undefined: the answer is "unknown". */
  hostNetwork: z.boolean().optional(),
});

const selectorSchema = z.strictObject({
  matchLabels: labels.nullish(),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string().min(1),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).nullish(),
      }),
    )
    .nullish(),
});

const peerSchema = z
  .strictObject({
    podSelector: selectorSchema.nullish(),
    namespaceSelector: selectorSchema.nullish(),
    ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).nullish() }).nullish(),
  })
  .refine((peer) => peer.ipBlock == null || (peer.podSelector == null && peer.namespaceSelector == null), {
    error: 'ipBlock cannot stand together with podSelector or namespaceSelector in one peer',
  })
  .refine((peer) => peer.ipBlock != null || peer.podSelector != null || peer.namespaceSelector != null, {
    error: 'a peer needs podSelector, namespaceSelector or ipBlock',
  });

const policyPortSchema = z
  .strictObject({
    protocol: protocolSchema.nullish(),
    port: z.union([portNumber, z.string().min(1)]).nullish(),
    endPort: portNumber.nullish(),
  })
  .refine((p) => p.endPort == null || (typeof p.port === 'number' && p.port <= p.endPort), {
    error: 'endPort needs a numeric port that is not larger than it',
  });

export const policySchema = z.object({
  metadata: z.object({ name: z.string().min(1), namespace: z.string().min(1).default('default') }),
  spec: z
    .strictObject({
      podSelector: selectorSchema.nullish(),
      policyTypes: z.array(z.enum(['Ingress', 'Egress'])).nullish(),
      ingress: z
        .array(
          z
            .strictObject({ from: z.array(peerSchema).nullish(), ports: z.array(policyPortSchema).nullish() })
            .nullable(),
        )
        .nullish(),
      egress: z
        .array(
          z.strictObject({ to: z.array(peerSchema).nullish(), ports: z.array(policyPortSchema).nullish() }).nullable(),
        )
        .nullish(),
    })
    .default({}),
});

export const probeSchema = z.object({
  /** `namespace/pod` or an IP address. */
  from: z.string().min(1),
  to: z.string().min(1),
  /** A number, or the name of a port of the destination pod. */
  port: z.union([portNumber, z.string().min(1)]),
  protocol: protocolSchema.default('TCP'),
});

export const networkSchema = z.object({
  namespaces: z.array(namespaceSchema).default([]),
  pods: z.array(podSchema),
  policies: z.array(policySchema),
});

export type Protocol = z.infer<typeof protocolSchema>;
export type Labels = Readonly<Record<string, string>>;
export type Selector = z.infer<typeof selectorSchema>;
export type Peer = z.infer<typeof peerSchema>;
export type PolicyPort = z.infer<typeof policyPortSchema>;
export type Pod = z.infer<typeof podSchema>;
export type Namespace = z.infer<typeof namespaceSchema>;
export type Policy = z.infer<typeof policySchema>;
export type Probe = z.infer<typeof probeSchema>;
export type Network = z.infer<typeof networkSchema>;
export type Direction = 'ingress' | 'egress';
