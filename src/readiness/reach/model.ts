/**
 * What reachability is computed from: the parts of namespaces, pods and NetworkPolicies (networking.k8s.io/v1) that
 * decide. Semantics: https://kubernetes.io/docs/concepts/services-networking/network-policies/ and the API reference
 * of NetworkPolicySpec.
 */
import { z } from 'zod';

/** Go writes an empty list or map as null. */
const orElse = <T extends z.ZodType>(schema: T, fallback: z.output<T>) =>
  schema.nullish().transform((value): z.output<T> => value ?? fallback);

const labels = z.record(z.string(), z.string());
export const protocolSchema = z.enum(['TCP', 'UDP', 'SCTP']);
const portNumber = z.int().min(1).max(65535);
/** As the API server wants it: a name that is all digits would be a number written wrongly. */
const portName = z.string().regex(/[a-zA-Z]/, 'must be a number, or a name with a letter in it');

const namespaceSchema = z.object({ name: z.string().min(1), labels: orElse(labels, {}) });

export const podSchema = z.object({
  namespace: z.string().min(1),
  name: z.string().min(1),
  labels: orElse(labels, {}),
  /** One address; further ones (dual stack) in `ips`. */
  ip: z.string().nullish(),
  ips: z.array(z.string()).nullish(),
  ports: orElse(
    z.array(z.object({ name: z.string().nullish(), port: portNumber, protocol: orElse(protocolSchema, 'TCP') })),
    [],
  ),
  /** NetworkPolicies of pods on the host network are undefined: the answer is "unknown". */
  hostNetwork: z.boolean().nullish(),
  /** It stands for several pods that are alike. */
  replicated: z.boolean().optional(),
});

const requirementSchema = z
  .strictObject({
    key: z.string().min(1),
    operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
    values: z.array(z.string()).nullish(),
  })
  .refine(({ operator, values }) => operator.endsWith('In') === (values ?? []).length > 0, {
    error: 'In and NotIn need values; Exists and DoesNotExist take none',
  });

export const selectorSchema = z.strictObject({
  matchLabels: labels.nullish(),
  matchExpressions: z.array(requirementSchema).nullish(),
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
    port: z.union([portNumber, portName]).nullish(),
    endPort: portNumber.nullish(),
  })
  .refine((p) => p.endPort == null || (typeof p.port === 'number' && p.port <= p.endPort), {
    error: 'endPort needs a numeric port that is not larger than it',
  });

export const policySchema = z.object({
  metadata: z.object({ name: z.string().min(1), namespace: orElse(z.string(), 'default') }),
  spec: orElse(
    z.strictObject({
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
    }),
    {},
  ),
});

export const probeSchema = z.object({
  /** `namespace/pod` or an IP address. */
  from: z.string().min(1),
  to: z.string().min(1),
  /** A number, or the name of a port of the destination pod. */
  port: z.preprocess(
    (value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
    z.union([portNumber, portName]),
  ),
  protocol: z.preprocess(
    (value) => (typeof value === 'string' ? value.toUpperCase() : value),
    orElse(protocolSchema, 'TCP'),
  ),
});

export const networkSchema = z.object({
  namespaces: orElse(z.array(namespaceSchema), []),
  pods: orElse(z.array(podSchema), []),
  policies: orElse(z.array(policySchema), []),
  /** Where pods whose address is not known have it. Without any, a pod without an address is in no ipBlock. */
  podCidrs: z.array(z.string()).default([]),
});

export type Protocol = z.infer<typeof protocolSchema>;
export type Labels = Readonly<Record<string, string>>;
export type Selector = z.infer<typeof selectorSchema>;
export type Peer = z.infer<typeof peerSchema>;
export type PolicyPort = z.infer<typeof policyPortSchema>;
export type Pod = z.infer<typeof podSchema>;
export type Policy = z.infer<typeof policySchema>;
export type Probe = z.infer<typeof probeSchema>;
export type Network = z.infer<typeof networkSchema>;
export type Direction = 'ingress' | 'egress';
