/** Load from inside the cluster: a distributed TestRun of the k6-operator, and the weekly run. */
import { CronJob } from 'kubernetes-models/batch/v1';
import { Namespace, type IContainer } from 'kubernetes-models/v1';
import { namespaces, partOf, staging } from './environment.ts';
import type { Images } from './images.ts';
import { loadRunnerAccess } from './rbac.ts';
import { restrictedContainer } from './workloads.ts';

const namespace = 'gravl-load';
const labels = { ...partOf };
/** `kubectl -n gravl-load create configmap gravl-load-bundle --from-file=k8s/production/load-test.js` */
const bundle = { name: 'gravl-load-bundle', file: 'load-test.js' };

const env = [
  { name: 'GRAVL_API_URL', value: `https://${staging.host}` },
  { name: 'K6_PROMETHEUS_RW_SERVER_URL', value: `http://prometheus.${namespaces.monitoring}.svc:9090/api/v1/write` },
  { name: 'K6_PROMETHEUS_RW_TREND_STATS', value: 'p(50),p(95),p(99),min,max' },
];
const output = 'experimental-prometheus-rw';
const podSecurity = {
  runAsNonRoot: true,
  runAsUser: 12345,
  runAsGroup: 12345,
  seccompProfile: { type: 'RuntimeDefault' as const },
};
const resources = { requests: { cpu: '500m', memory: '256Mi' }, limits: { cpu: '1', memory: '512Mi' } };

export const loadNamespace = () => [
  new Namespace({
    metadata: {
      name: namespace,
      labels: {
        ...labels,
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
      },
    },
  }),
  ...loadRunnerAccess(namespace),
];

export const testRun = ({ k6 }: Images) => {
  const pod = { image: k6, securityContext: podSecurity, containerSecurityContext: restrictedContainer, resources };
  return {
    apiVersion: 'k6.io/v1alpha1',
    kind: 'TestRun',
    metadata: { name: 'gravl-load', namespace, labels },
    spec: {
      parallelism: 4,
      separate: true,
      arguments: `--out ${output} --tag testid=gravl-load`,
      script: { configMap: bundle },
      initializer: pod,
      starter: { ...pod, image: undefined },
      // The operator takes this one as a text.
      runner: { ...pod, env, serviceAccountName: 'load-generator', automountServiceAccountToken: 'false' },
    },
  };
};

export function weeklyRun({ k6 }: Images): CronJob {
  const container: IContainer = {
    name: 'k6',
    image: k6,
    imagePullPolicy: 'IfNotPresent',
    args: ['run', '--no-usage-report', '--out', output, '--tag', 'testid=weekly', `/scripts/${bundle.file}`],
    env,
    resources,
    securityContext: restrictedContainer,
    volumeMounts: [{ name: 'bundle', mountPath: '/scripts', readOnly: true }],
  };
  return new CronJob({
    metadata: { name: 'gravl-weekly-load', namespace, labels },
    spec: {
      // Monday morning, before anyone deploys.
      schedule: '17 4 * * 1',
      timeZone: 'Etc/UTC',
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 3600,
      successfulJobsHistoryLimit: 4,
      failedJobsHistoryLimit: 4,
      jobTemplate: {
        spec: {
          // Load twice is not the same load: a failed run is looked at, not repeated.
          backoffLimit: 0,
          activeDeadlineSeconds: 1200,
          template: {
            metadata: { labels: { app: 'weekly-load', ...labels } },
            spec: {
              restartPolicy: 'Never',
              serviceAccountName: 'load-generator',
              automountServiceAccountToken: false,
              securityContext: podSecurity,
              containers: [container],
              volumes: [{ name: 'bundle', configMap: { name: bundle.name } }],
            },
          },
        },
      },
    },
  });
}
