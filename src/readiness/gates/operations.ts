/** Operations: the services that others rely on, alerts and dashboards. */
import { parseDocument } from 'yaml';
import type { KubeObject } from '../manifests/load.ts';
import { field, judge, list, nameOf, notChecked, type Finding, type Gate } from './model.ts';

const deployments: readonly (readonly [id: string, what: string, namespace: string, names: readonly string[]])[] = [
  [
    'cert-manager',
    'cert-manager and its webhook run',
    'cert-manager',
    ['cert-manager', 'cert-manager-webhook', 'cert-manager-cainjector'],
  ],
  ['sealed-secrets', 'the sealed-secrets controller runs', 'kube-system', ['sealed-secrets-controller']],
];

function healthy({ kind, body }: KubeObject): boolean {
  if (kind === 'DaemonSet') {
    return (
      Number(field(body, 'status', 'numberReady') ?? 0) >= Number(field(body, 'status', 'desiredNumberScheduled') ?? 1)
    );
  }
  const wanted = field(body, 'spec', 'replicas') ?? 1;
  return typeof wanted === 'number' && Number(field(body, 'status', 'readyReplicas') ?? 0) >= wanted;
}

const running = ([id, title, namespace, names]: (typeof deployments)[number]): Gate => ({
  id,
  area: 'operations',
  title,
  verify: `kubectl -n ${namespace} get deploy ${names.join(' ')}`,
  fix: `kubectl -n ${namespace} describe deploy ${names[0] ?? ''} says why its pods are not ready.`,
  check({ objects, live }) {
    if (!live) return notChecked('this gate reads a running cluster (--context)');
    const findings = names.flatMap((name): Finding[] => {
      const found = objects.find(
        ({ kind, metadata }) => kind === 'Deployment' && metadata.namespace === namespace && metadata.name === name,
      );
      if (found === undefined) return [{ message: `${namespace}/${name} is missing` }];
      return healthy(found) ? [] : [{ message: `${namespace}/${name} is not ready` }];
    });
    return judge(findings, names.join(', '));
  },
});

/** Those of k8s/source/rules.ts; a test holds the two together, as manifests are read, never imported. */
const alerts = [
  'GravlBackendDown',
  'GravlErrorRate',
  'GravlAvailability',
  'GravlLatencyP95',
  'GravlLatencyP99',
  'GravlSaturation',
  'GravlCertificateExpires',
];

export const operationsGates: readonly Gate[] = [
  ...deployments.map(running),
  {
    id: 'services-healthy',
    area: 'operations',
    title: 'every workload has all its replicas ready',
    verify: 'kubectl -n NAMESPACE get deploy,sts',
    fix: 'kubectl -n NAMESPACE get events --sort-by=.lastTimestamp',
    check({ objects, live, namespace }) {
      if (!live) return notChecked('this gate reads a running cluster (--context)');
      const workloads = objects.filter(
        ({ kind, metadata }) =>
          ['Deployment', 'StatefulSet', 'DaemonSet'].includes(kind) && metadata.namespace === namespace,
      );
      if (workloads.length === 0) return judge([{ message: `nothing runs in ${namespace}` }], 'no workload');
      return judge(
        workloads
          .filter((workload) => !healthy(workload))
          .map((workload) => ({ message: `${nameOf(workload)} is not ready` })),
        `${workloads.length} workloads`,
      );
    },
  },
  {
    id: 'alerts',
    area: 'operations',
    title: 'the alerts are loaded by Prometheus (--prometheus), or in the configuration that it loads',
    verify: 'kubectl -n gravl-monitoring get configmap prometheus-config -o yaml',
    fix: 'kubectl apply -f k8s/monitoring/monitoring.yaml',
    check({ objects, loadedAlerts }) {
      if (loadedAlerts !== undefined) {
        const { from, names, broken } = loadedAlerts;
        return judge(
          [
            ...alerts
              .filter((name) => !names.includes(name))
              .map((name) => ({ message: `the alert ${name} is not loaded`, where: from })),
            ...broken.map((name) => ({ message: `the alert ${name} cannot be evaluated`, where: from })),
          ],
          `${names.length} alerts loaded by ${from}`,
        );
      }
      const config = objects.find(
        ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'prometheus-config',
      );
      if (config === undefined)
        return judge([{ message: 'the ConfigMap prometheus-config is missing' }], 'no configuration');
      const text = field(config.body, 'data', 'alerts.yml');
      const rules = parseDocument(typeof text === 'string' ? text : '');
      const [wrong] = rules.errors;
      if (wrong !== undefined) {
        return judge(
          [{ message: `alerts.yml is no YAML: ${wrong.message.split('\n')[0] ?? ''}`, where: config.where('data') }],
          'not readable',
        );
      }
      const names = new Set(
        list(field(rules.toJS({ maxAliasCount: 100 }), 'groups')).flatMap((group) =>
          list(field(group, 'rules')).map((rule) => field(rule, 'alert')),
        ),
      );
      return judge(
        alerts
          .filter((name) => !names.has(name))
          .map((name) => ({ message: `the alert ${name} is missing`, where: config.where('data') })),
        `${names.size} alerts in its configuration`,
      );
    },
  },
  {
    id: 'dashboards',
    area: 'operations',
    title: 'the dashboard is where Grafana looks for it',
    verify: 'kubectl -n gravl-monitoring get configmap -l grafana_dashboard=1',
    fix: 'kubectl apply -f k8s/monitoring/monitoring.yaml',
    check({ objects }) {
      const found = objects.filter(
        ({ kind, metadata }) => kind === 'ConfigMap' && metadata.labels['grafana_dashboard'] === '1',
      );
      return judge(
        found.length > 0 ? [] : [{ message: 'no ConfigMap is labelled grafana_dashboard=1' }],
        `${found.length} dashboards`,
      );
    },
  },
];
