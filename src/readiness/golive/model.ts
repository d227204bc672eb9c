/** A step of the go-live is data: who does it, how long it takes, what it will do, how it is done. */
import type { Api, ApiObject } from '../../cluster/objects.ts';
import type { GateReport } from '../gates/evaluate.ts';
import type { Place } from './declared.ts';

export const phases = ['preflight', 'apply', 'validate', 'watch'] as const;
export type Phase = (typeof phases)[number];

export interface Outcome {
  /** What could not be looked at is never a pass. */
  readonly state: 'pass' | 'fail' | 'not checked';
  /** What was seen, in one line; of a step that was not checked, why. */
  readonly evidence: string;
  readonly findings?: readonly string[];
}

export interface Step {
  /** Stable; --accept, the journal and the runbook name it. */
  readonly id: string;
  readonly phase: Phase;
  readonly title: string;
  readonly owner: string;
  /** How long it usually takes. */
  readonly expected: string;
  /** Done on request only; the sign-off does not wait for it. */
  readonly optional?: boolean;
  /** What it will do, before it does it; nothing is changed. */
  intends(context: GoliveContext): readonly string[];
  run(context: GoliveContext): Promise<Outcome>;
}

export interface SmokeResult {
  readonly id: string;
  readonly verdict: 'PASS' | 'FAIL' | 'INVALID';
  readonly summary: string;
}

export interface GoliveContext {
  readonly environment: 'staging' | 'production';
  readonly place: Place;
  /** Undefined: no context was named. */
  readonly api: Api | undefined;
  /** The environment's manifests, and those that all environments share. */
  readonly objects: readonly ApiObject[];
  /** Folder of the record. */
  readonly dir: string;
  readonly results: string;
  readonly prometheus: string | undefined;
  readonly alertmanager: string | undefined;
  /** DNS server, `address` or `address:port`. */
  readonly dns: string | undefined;
  /** Where messages go; a secret, shown by its host only. */
  readonly notify: string | undefined;
  /** Production is changed, and sent load, only with it. */
  readonly yes: boolean;
  readonly drill: boolean;
  /** How long to watch now, in milliseconds. */
  readonly watchMs: number;
  /** How long a rollout may take, in milliseconds. */
  readonly rolloutMs: number;
  readonly stop: AbortSignal;
  say(line: string): void;
  /** @param live reads the cluster, else the manifests */
  gates(live: boolean): Promise<GateReport>;
  smoke(): Promise<SmokeResult>;
}

export const notChecked = (evidence: string): Outcome => ({ state: 'not checked', evidence });

/** Fails with the findings, passes without any. */
export const judge = (findings: readonly string[], evidence: string): Outcome => ({
  state: findings.length === 0 ? 'pass' : 'fail',
  evidence,
  findings,
});

export const needsContext = notChecked('no cluster was named (--context)');
