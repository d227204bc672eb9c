/**
 * The database's backup: a dump every six hours on a volume of its own, read back before it counts, kept for two weeks.
 * A volume in the same cluster is the first copy, not the last: docs/golive.md says how to take one elsewhere, encrypted.
 */
import { CronJob } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PersistentVolumeClaim } from 'kubernetes-models/v1';
import { app, partOf, ports, type Environment } from './environment.ts';
import type { Images } from './images.ts';
import { restrictedContainer, unprivileged } from './workloads.ts';

const name = 'postgres-backup';
const labels = { app: name, 'app.kubernetes.io/name': name, ...partOf };
const user = 999;
const keptDays = 14;

/** Under another name until it was read back: what is called .dump is whole. */
const script = `set -eu
umask 077
file=/backup/gravl-$(date -u +%Y%m%dT%H%M%SZ)
rm -f /backup/*.part
pg_dump --format=custom --no-password --file="$file.part"
pg_restore --list "$file.part" > /dev/null
mv "$file.part" "$file.dump"
find /backup -name '*.dump' -mtime +${keptDays} -delete
ls -l "$file.dump"
`;

export function backup({ namespace, name: environment }: Environment, { postgres }: Images) {
  const metadata = (own: string) => ({ name: own, namespace, labels });
  const toDatabase = [{ protocol: 'TCP' as const, port: ports.postgres }];
  return [
    new PersistentVolumeClaim({
      metadata: metadata(name),
      spec: {
        accessModes: ['ReadWriteOnce'],
        resources: { requests: { storage: environment === 'production' ? '100Gi' : '20Gi' } },
      },
    }),
    new CronJob({
      metadata: metadata(name),
      spec: {
        schedule: '17 */6 * * *',
        timeZone: 'Etc/UTC',
        concurrencyPolicy: 'Forbid',
        startingDeadlineSeconds: 3600,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: {
          metadata: { labels },
          spec: {
            backoffLimit: 2,
            activeDeadlineSeconds: 3600,
            template: {
              metadata: { labels },
              spec: {
                restartPolicy: 'Never',
                serviceAccountName: name,
                automountServiceAccountToken: false,
                enableServiceLinks: false,
                securityContext: unprivileged(user),
                containers: [
                  {
                    name: 'pg-dump',
                    image: postgres,
                    imagePullPolicy: 'IfNotPresent',
                    command: ['/bin/sh', '-c', script],
                    env: [
                      { name: 'PGHOST', value: 'postgres' },
                      { name: 'PGPORT', value: String(ports.postgres) },
                      { name: 'PGUSER', value: 'gravl' },
                      { name: 'PGDATABASE', value: 'gravl' },
                      {
                        name: 'PGPASSWORD',
                        valueFrom: { secretKeyRef: { name: 'gravl-db-secret', key: 'POSTGRES_PASSWORD' } },
                      },
                    ],
                    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '1', memory: '512Mi' } },
                    securityContext: restrictedContainer,
                    volumeMounts: [
                      { name: 'backup', mountPath: '/backup' },
                      { name: 'scratch', mountPath: '/tmp' },
                    ],
                  },
                ],
                volumes: [
                  { name: 'backup', persistentVolumeClaim: { claimName: name } },
                  { name: 'scratch', emptyDir: { sizeLimit: '64Mi' } },
                ],
              },
            },
          },
        },
      },
    }),
    new NetworkPolicy({
      metadata: metadata('allow-backup-to-db'),
      spec: {
        podSelector: app('postgres'),
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ podSelector: app(name) }], ports: toDatabase }],
      },
    }),
    new NetworkPolicy({
      metadata: metadata('allow-backup-db-egress'),
      spec: {
        podSelector: app(name),
        policyTypes: ['Egress'],
        egress: [{ to: [{ podSelector: app('postgres') }], ports: toDatabase }],
      },
    }),
  ];
}
