/** The data's backups: declared in k8s/golive.yaml, made by CronJobs. */
import type { Place } from '../golive/declared.ts';
import { field, judge, list, nameOf, notChecked, type Finding, type Gate, type GateContext } from './model.ts';

export const backupGate: Gate = {
  id: 'backups',
  area: 'operations',
  title: 'the data is backed up by a CronJob that lately succeeded',
  verify: 'kubectl -n NAMESPACE get cronjob postgres-backup -o jsonpath={.status.lastSuccessfulTime}',
  fix: 'kubectl -n NAMESPACE create job --from=cronjob/postgres-backup backup-now, and read its log.',
  check(context) {
    const { backups, live } = context;
    if (backups === undefined) return notChecked('no go-live is declared (k8s/golive.yaml)');
    if (backups.length === 0) return notChecked('no backup of the data is declared (k8s/golive.yaml, backups)');
    const judged = backups.map((backup) => judgeBackup(context, backup));
    const findings = judged.flatMap((one) => one.findings);
    const evidence = judged.map((one) => one.evidence).join(', ');
    if (findings.length === 0 && !live) {
      return notChecked(`${evidence}; manifests do not say when it last succeeded (--context)`);
    }
    const times = judged.flatMap(({ at }) => (at === undefined ? [] : [at.getTime()]));
    return {
      ...judge(findings, evidence),
      ...(times.length === 0 ? {} : { observedAt: new Date(Math.min(...times)) }),
    };
  },
};

interface Judged {
  readonly findings: readonly Finding[];
  readonly evidence: string;
  readonly at?: Date;
}

function judgeBackup({ objects, live, now }: GateContext, { name, cronJob, maxAge }: Place['backups'][number]): Judged {
  const found = objects.find(
    ({ kind, metadata }) => kind === 'CronJob' && `${metadata.namespace ?? 'default'}/${metadata.name}` === cronJob,
  );
  if (found === undefined)
    return { findings: [{ message: `${name}: there is no CronJob ${cronJob}` }], evidence: name };
  const findings: Finding[] = [];
  const add = (message: string, ...keys: string[]): void =>
    void findings.push({ message: `${nameOf(found)} ${message}`, where: found.where(...keys) });
  if (field(found.body, 'spec', 'suspend') === true) add('is suspended', 'spec', 'suspend');
  const pod = ['spec', 'jobTemplate', 'spec', 'template', 'spec'];
  const kept = ['persistentVolumeClaim', 'csi', 'nfs'];
  const volumes = list(field(found.body, ...pod, 'volumes'));
  const writesElsewhere = volumes.some((volume) => kept.some((type) => field(volume, type) !== undefined));
  if (field(found.body, 'spec', 'concurrencyPolicy') === 'Replace') {
    add('ends a backup that is not done when the next one begins', 'spec', 'concurrencyPolicy');
  }
  const evidence = `${name}: ${cronJob}${writesElsewhere ? '' : ', which keeps nothing on a volume'}`;
  if (!live) return { findings, evidence };
  const last = field(found.body, 'status', 'lastSuccessfulTime');
  const at = new Date(typeof last === 'string' ? last : Number.NaN);
  if (Number.isNaN(at.getTime())) {
    add('never succeeded');
    return { findings, evidence };
  }
  if (now.getTime() - at.getTime() > maxAge) add(`last succeeded at ${at.toISOString()}`);
  return { findings, evidence: `${evidence}, of ${at.toISOString()}`, at };
}
