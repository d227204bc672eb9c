/** Before anything is changed: names, access, backups, gates, and somebody who hears of it. */
import { Resolver } from 'node:dns/promises';
import { messageOf, systemCode } from '../../../errors.ts';
import { missingPermissions, permissionText, type Api, type Permission } from '../../../cluster/objects.ts';
import { keyBackupFile, readKeyBackup } from '../../seal/backup.ts';
import { field, list } from '../../gates/model.ts';
import { judge, needsContext, notChecked, type GoliveContext, type Step } from '../model.ts';
import { notify } from '../notify.ts';

const longestKeyBackupAge = 30 * 86_400_000;
const authority = 'letsencrypt.org';

export const preflightSteps: readonly Step[] = [
  {
    id: 'dns',
    phase: 'preflight',
    title: 'the names point to the ingress',
    owner: 'operations',
    expected: '1m',
    intends: ({ place, dns }) => [`ask ${dns ?? 'the DNS of this machine'} for A, AAAA and CAA of ${place.host}`],
    async run({ place, dns, api }) {
      const resolver = new Resolver({ timeout: 3000, tries: 2 });
      if (dns !== undefined) resolver.setServers([dns]);
      const answers = await Promise.all([
        ask(() => resolver.resolve4(place.host)),
        ask(() => resolver.resolve6(place.host)),
        ask(() => resolver.resolveCaa(place.host)),
      ]);
      const [four, six, caa] = answers;
      const failed = answers.find((answer) => answer.failure !== undefined)?.failure;
      if (failed !== undefined) return notChecked(`the DNS server does not answer: ${failed}`);
      const found = [...four.records, ...six.records];
      if (found.length === 0) return judge([`${place.host} has no address`], 'A and AAAA');
      const allowed = caa.records.flatMap(({ issue }) => (issue === undefined ? [] : [issue]));
      const findings =
        allowed.length > 0 && !allowed.some((issue) => issue.split(';')[0]?.trim() === authority)
          ? [`CAA of ${place.host} does not allow ${authority}: no certificate will be issued`]
          : [];
      const evidence = `${place.host} is ${found.join(', ')}`;
      const expected = place.addresses.length > 0 ? place.addresses : await balancerAddresses(api, place.ingress);
      if (expected.length === 0) {
        return findings.length > 0
          ? judge(findings, evidence)
          : notChecked(
              `${evidence}; where it must point is unknown: ${place.ingress} has no address, and none is declared`,
            );
      }
      const wrong = found.filter((address) => !expected.includes(address));
      findings.push(...wrong.map((address) => `${place.host} points to ${address}, not to ${expected.join(', ')}`));
      return judge(findings, evidence);
    },
  },
  {
    id: 'access',
    phase: 'preflight',
    title: 'the cluster answers and allows what will be done',
    owner: 'operations',
    expected: '1m',
    intends: ({ api, objects }) => [
      `ask ${api?.cluster.context ?? 'the cluster (--context)'} for ${kindsOf(objects).length} kinds of objects: may they be read, changed and removed?`,
    ],
    async run(context) {
      const { api } = context;
      if (api === undefined) return needsContext;
      const needed = await permissionsOf(context, api);
      const missing = await missingPermissions(api.cluster, needed);
      return judge(
        missing.map((permission) => `not allowed: ${permissionText(permission)}`),
        `${needed.length} permissions asked of ${api.cluster.context}`,
      );
    },
  },
  {
    id: 'backups',
    phase: 'preflight',
    title: 'backups are fresh: the sealing keys and the data',
    owner: 'operations',
    expected: '2m',
    intends: ({ results, place }) => [
      `read ${keyBackupFile(results)}`,
      ...place.backups.map(({ cronJob }) => `read when the CronJob ${cronJob} last succeeded`),
    ],
    async run({ results, place, api }) {
      const now = Date.now();
      const keys = await readKeyBackup(results);
      const findings: string[] = [];
      const seen: string[] = [];
      if (keys === undefined) findings.push('no backup of the sealing keys is recorded: gravl-load secrets backup-key');
      else {
        const { at } = keys;
        seen.push(`sealing keys of ${at}`);
        if (now - Date.parse(at) > longestKeyBackupAge) findings.push(`the sealing keys were last saved at ${at}`);
      }
      if (api === undefined) return { ...notChecked(`${needsContext.evidence}; ${seen.join(', ')}`), findings };
      for (const { name, cronJob, maxAge } of place.backups) {
        const [namespace, jobName = ''] = cronJob.split('/');
        const job = await api.read({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: jobName, namespace } });
        const at = field(job, 'status', 'lastSuccessfulTime');
        if (typeof at !== 'string')
          findings.push(`${name}: the CronJob ${cronJob} ${job === undefined ? 'does not exist' : 'never succeeded'}`);
        else if (now - Date.parse(at) > maxAge) findings.push(`${name}: ${cronJob} last succeeded at ${at}`);
        else seen.push(`${name} of ${at}`);
      }
      if (place.backups.length === 0 && findings.length === 0) {
        return notChecked(`no backup of the data is declared (k8s/golive.yaml, backups); ${seen.join(', ')}`);
      }
      return judge(findings, seen.join(', ') || 'none');
    },
  },
  {
    id: 'gates',
    phase: 'preflight',
    title: 'no gate fails on the manifests',
    owner: 'development',
    expected: '1m',
    intends: () => ['evaluate the readiness gates on the manifests; those that need the cluster come in validate'],
    async run(context) {
      const { results } = await context.gates(false);
      const of = (state: string): number => results.filter((result) => result.state === state).length;
      return judge(
        results.filter(({ state }) => state === 'fail').map(({ id, title, fix }) => `${id}: not so: ${title}. ${fix}`),
        `${of('pass')} pass, ${of('waived')} waived, ${of('not checked')} wait for validate`,
      );
    },
  },
  {
    id: 'notify',
    phase: 'preflight',
    title: 'somebody hears of it',
    owner: 'operations',
    expected: '1m',
    intends: ({ notify: url }) => [
      url === undefined ? 'nothing: no --notify' : `send a test message to ${new URL(url).host}`,
    ],
    async run({ notify: url, environment }) {
      if (url === undefined) return notChecked('no address for messages (--notify or GRAVL_NOTIFY_URL)');
      const failure = await notify(url, `Go-live of ${environment} begins: this is a test of the messages.`);
      return judge(failure === undefined ? [] : [failure], `a message was sent to ${new URL(url).host}`);
    },
  },
];

const kindsOf = (objects: GoliveContext['objects']): string[] => [...new Set(objects.map(({ kind }) => kind))];

interface Answered<T> {
  readonly records: readonly T[];
  /** Why nothing can be said; a name without such records is no failure. */
  readonly failure: string | undefined;
}

async function ask<T>(question: () => Promise<T[]>): Promise<Answered<T>> {
  try {
    return { records: await question(), failure: undefined };
  } catch (error) {
    const absent = ['ENODATA', 'ENOTFOUND', 'ENOTIMP'].includes(systemCode(error) ?? '');
    return { records: [], failure: absent ? undefined : messageOf(error) };
  }
}

/** Addresses of the load balancer, as its Service says. */
async function balancerAddresses(api: Api | undefined, service: string): Promise<string[]> {
  const [namespace, name = ''] = service.split('/');
  const found = await api?.read({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace } });
  return list(field(found, 'status', 'loadBalancer', 'ingress')).flatMap((entry) => {
    const ip = field(entry, 'ip');
    return typeof ip === 'string' ? [ip] : [];
  });
}

async function permissionsOf({ objects, place }: GoliveContext, api: Api): Promise<Permission[]> {
  const needed = new Map<string, Permission>();
  const add = (permission: Permission): unknown => needed.set(permissionText(permission), permission);
  for (const { apiVersion, kind, metadata } of objects) {
    const { group, plural, namespaced } = await api.resource(apiVersion, kind);
    const namespace = namespaced ? (metadata.namespace ?? 'default') : undefined;
    // A namespace is never removed: what is in it is not ours alone.
    const verbs = kind === 'Namespace' ? ['get', 'create', 'patch'] : ['get', 'create', 'patch', 'update', 'delete'];
    for (const verb of verbs) add({ verb, group, resource: plural, namespace });
  }
  const { namespace } = place;
  add({ verb: 'list', group: '', resource: 'pods', namespace });
  add({ verb: 'get', group: '', resource: 'pods/log', namespace });
  add({ verb: 'delete', group: '', resource: 'pods', namespace });
  return [...needed.values()];
}
