/** All gates over one context: states, waivers, and whether the environment is ready. */
import { z } from 'zod';
import { availabilityGates } from './availability.ts';
import { backupGate } from './backups.ts';
import { certificateGates } from './certificates.ts';
import { areas, type Area, type Finding, type Gate, type GateContext } from './model.ts';
import { networkGates } from './network.ts';
import { operationsGates } from './operations.ts';
import { performanceGates } from './performance.ts';
import { podGates } from './pods.ts';
import { rbacGates } from './rbac.ts';
import { scanGates } from './scan.ts';
import { secretGates } from './secrets.ts';

const all = [
  ...certificateGates,
  ...secretGates,
  ...networkGates,
  ...rbacGates,
  ...podGates,
  ...scanGates,
  ...performanceGates,
  ...operationsGates,
  ...availabilityGates,
  backupGate,
];

/** In the order of the report. */
export const gates: readonly Gate[] = areas.flatMap((area) => all.filter((gate) => gate.area === area));

export const waiversSchema = z.strictObject({
  schemaVersion: z.literal(1),
  waivers: z.array(
    z.strictObject({
      gate: z.string().refine((id) => gates.some((gate) => gate.id === id), 'is no gate; gravl-load ready lists them'),
      environment: z.enum(['staging', 'production']),
      who: z.string().min(1),
      why: z.string().min(10, 'must say why in a sentence'),
      /** The last day on which it holds. */
      until: z.iso.date(),
    }),
  ),
});

export type Waiver = z.infer<typeof waiversSchema>['waivers'][number];

export interface GateResult {
  readonly id: string;
  readonly area: Area;
  readonly title: string;
  readonly state: 'pass' | 'fail' | 'not checked' | 'waived';
  readonly evidence: string;
  /** When the evidence came to be. */
  readonly observedAt: string;
  readonly findings: readonly Finding[];
  readonly verify: string;
  readonly fix: string;
  readonly waiver?: Waiver;
}

export interface GateReport {
  readonly schemaVersion: 1;
  readonly environment: GateContext['environment'];
  readonly checkedAt: string;
  readonly live: boolean;
  /** No gate failed or was left unchecked, waived ones apart. */
  readonly ready: boolean;
  readonly results: readonly GateResult[];
}

export function evaluateGates(context: GateContext, waivers: readonly Waiver[]): GateReport {
  const today = context.now.toISOString().slice(0, 10);
  const fill = (text: string): string =>
    text.replaceAll('NAMESPACE', context.namespace).replaceAll('HOST', context.host);
  const results = gates.map((gate): GateResult => {
    const { state, evidence, observedAt = context.now, findings = [] } = gate.check(context);
    const waiver = waivers.find(
      (one) => one.gate === gate.id && one.environment === context.environment && one.until >= today,
    );
    const waived = waiver !== undefined && state !== 'pass';
    return {
      id: gate.id,
      area: gate.area,
      title: gate.title,
      state: waived ? 'waived' : state,
      evidence,
      observedAt: observedAt.toISOString(),
      findings,
      verify: fill(gate.verify),
      fix: fill(gate.fix),
      ...(waived ? { waiver } : {}),
    };
  });
  return {
    schemaVersion: 1,
    environment: context.environment,
    checkedAt: context.now.toISOString(),
    live: context.live,
    ready: results.every(({ state }) => state === 'pass' || state === 'waived'),
    results,
  };
}
