/** k8s/golive.yaml: what the go-live of each environment has to look at. */
import path from 'node:path';
import { z } from 'zod';
import { duration } from '../../config/values.ts';
import { loadDeclared } from '../manifests/declared.ts';

const namespaced = z.string().regex(/^[^/]+\/[^/]+$/, 'must be namespace/name');
/** Milliseconds, written like 30s or 2h. */
const time = duration;

const placeSchema = z.strictObject({
  namespace: z.string().min(1),
  host: z.string().min(1),
  /** The Service whose load balancer the name must point to. */
  ingress: namespaced,
  /** Instead of the load balancer's own addresses. */
  addresses: z.array(z.string()).default([]),
  backups: z.array(z.strictObject({ name: z.string(), cronJob: namespaced, maxAge: time })).default([]),
  checks: z
    .array(
      z.strictObject({
        name: z.string(),
        url: z.url(),
        status: z.int().default(200),
        contains: z.string().optional(),
      }),
    )
    .min(1),
  /** Labels `app` of the workloads that must have logged in the last minutes. */
  logs: z.array(z.string()).default([]),
  /** Label `app` of the workload that loses a pod in the failover drill. */
  drill: z.string(),
  secrets: z.enum(['sealed', 'aws', 'vault', 'gcp']).default('sealed'),
  prometheus: z.url().optional(),
  alertmanager: z.url().optional(),
  /** Must be non-empty and non-zero when metrics arrive. */
  traffic: z.string(),
  watch: z.strictObject({ atLeast: time, every: time, patience: time }),
  slos: z
    .array(
      z.strictObject({
        name: z.string(),
        query: z.string(),
        limit: z.string().regex(/^(<=?|>=?)\s*-?\d+(\.\d+)?$/, 'must be a limit like <0.001'),
        for: time,
      }),
    )
    .min(1),
});

const schema = z.strictObject({
  schemaVersion: z.literal(1),
  /** Step → who does it, where that is not the default. */
  owners: z.record(z.string(), z.string()).default({}),
  environments: z.strictObject({ staging: placeSchema, production: placeSchema }),
});

export type Place = z.infer<typeof placeSchema>;
export type Declared = z.infer<typeof schema>;

/** @throws LoadError manifests.invalid */
export const loadGolive = (manifests: string): Promise<Declared> =>
  loadDeclared(path.join(manifests, 'golive.yaml'), schema, 'the go-live');
