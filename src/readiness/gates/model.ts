/** A gate is data: what it is about, how it decides, how to verify it by hand, how to fix it. */
import type { CapacityReport } from '../../analysis/capacity/report.ts';
import type { BaselineComparison } from '../../analysis/compare/types.ts';
import type { RunRecord } from '../../results/record.ts';
import type { Place } from '../golive/declared.ts';
import type { KubeObject } from '../manifests/load.ts';
import { workloadsOf, type Workload } from '../manifests/workloads.ts';
import type { Flows } from '../reach/flows.ts';
import type { KeyBackupRecord } from '../seal/backup.ts';

export const areas = ['security', 'performance', 'operations'] as const;
export type Area = (typeof areas)[number];

export interface Finding {
  readonly message: string;
  /** `file:line`, or the object in the cluster. */
  readonly where?: string;
}

export interface Outcome {
  readonly state: 'pass' | 'fail' | 'not checked';
  /** What was looked at, in one line; of a gate that was not checked, why. */
  readonly evidence: string;
  /** When the evidence came to be; undefined: now. */
  readonly observedAt?: Date;
  readonly findings?: readonly Finding[];
}

export interface GateContext {
  readonly environment: 'staging' | 'production';
  /** Of the environment. */
  readonly namespace: string;
  /** The environment's, and ours that belong to every environment. */
  readonly namespaces: readonly string[];
  readonly host: string;
  /** Of the environment, of load and of monitoring, and cluster-wide ones. */
  readonly objects: readonly KubeObject[];
  /** All manifests, whatever environment they are for; undefined: there is no such folder. */
  readonly tree: readonly KubeObject[] | undefined;
  /** Namespaces of other teams' operators, which we rely on and do not answer for. */
  readonly foreign: readonly string[];
  /** Whether the objects come from a running cluster, with their status. */
  readonly live: boolean;
  readonly flows: Flows | undefined;
  readonly permissions: Permissions | undefined;
  /** Valid runs of the environment, newest first. */
  readonly runs: readonly RunRecord[];
  /** What the newest of them came to against the stored baseline; undefined: it was not compared. */
  readonly comparison: BaselineComparison | undefined;
  /** The newest search for the capacity that may speak for the environment. */
  readonly capacity: MeasuredCapacity | undefined;
  readonly scans: readonly ScanReport[];
  /** When the sealing keys were last backed up. */
  readonly keyBackup: KeyBackupRecord | undefined;
  /** The one that the controller seals with now, and where it was read. */
  readonly sealingCertificate: { readonly fingerprint: string; readonly ends: Date; readonly from: string } | undefined;
  readonly tls: TlsEndpoint | undefined;
  /** Backups of the data as k8s/golive.yaml declares them; undefined: there is no such file. */
  readonly backups: Place['backups'] | undefined;
  /** What a running Prometheus has loaded; undefined: none was asked. */
  readonly loadedAlerts: LoadedAlerts | undefined;
  readonly now: Date;
}

export interface MeasuredCapacity {
  readonly id: string;
  readonly environment: string;
  readonly at: Date;
  readonly report: CapacityReport;
}

/** `namespace/account` → what it may do. */
export type Permissions = Readonly<
  Record<
    string,
    readonly { readonly in: string; readonly verbs: readonly string[]; readonly resources: readonly string[] }[]
  >
>;

export interface ScanReport {
  readonly file: string;
  readonly tool: string;
  readonly at: Date | undefined;
  /** Image names or digests it speaks of. */
  readonly images: readonly string[];
  readonly critical: number;
  readonly high: number;
}

export interface TlsEndpoint {
  readonly address: string;
  /** Why no connection could be trusted; undefined when it could. */
  readonly error: string | undefined;
  readonly protocol: string | null;
  readonly validTo: Date | undefined;
  /** Old protocols that the server still takes. */
  readonly outdated: readonly string[];
}

export interface LoadedAlerts {
  /** Address of the Prometheus. */
  readonly from: string;
  readonly names: readonly string[];
  /** Alerts whose rule fails to evaluate. */
  readonly broken: readonly string[];
}

export interface Gate {
  /** Stable; waivers and reports name it. */
  readonly id: string;
  readonly area: Area;
  readonly title: string;
  /** The command that shows the same by hand. `NAMESPACE` and `HOST` are filled in. */
  readonly verify: string;
  readonly fix: string;
  check(context: GateContext): Outcome;
}

/** Fails with the findings, passes without any. */
export function judge(findings: readonly Finding[], evidence: string): Outcome {
  return { state: findings.length === 0 ? 'pass' : 'fail', evidence, findings };
}

export const notChecked = (evidence: string): Outcome => ({ state: 'not checked', evidence });

/** A field of a body by its path; undefined where the path ends early. */
export function field(body: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined),
    body,
  );
}

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const nameOf = ({ kind, metadata }: KubeObject): string =>
  `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
export const ageInDays = (from: Date, now: Date): number => (now.getTime() - from.getTime()) / 86_400_000;

/** Whether a condition of that type is `True`. */
export function hasCondition(object: KubeObject, type: string): boolean {
  return list(field(object.body, 'status', 'conditions')).some(
    (condition) => field(condition, 'type') === type && field(condition, 'status') === 'True',
  );
}

/** Workloads that are ours to answer for. */
export const ourWorkloads = ({ objects, namespaces }: GateContext): Workload[] =>
  workloadsOf(objects.filter(({ metadata }) => namespaces.includes(metadata.namespace ?? 'default')));
