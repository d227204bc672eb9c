/** Prometheus for Gravl: what it scrapes, which alerts it raises, the dashboard of the service. */
import { Deployment } from 'kubernetes-models/apps/v1';
import { ConfigMap, Namespace, Service } from 'kubernetes-models/v1';
import { stringify } from 'yaml';
import { serviceDashboard } from './dashboards.ts';
import { app, namespaces, partOf, ports, production, staging } from './environment.ts';
import type { Images } from './images.ts';
import { monitoringAccess } from './rbac.ts';
import { rules } from './rules.ts';
import { restrictedContainer } from './workloads.ts';

const namespace = namespaces.monitoring;
const labels = { ...partOf };
const port = 9090;

const prometheusConfig = {
  global: { scrape_interval: '15s', evaluation_interval: '15s' },
  rule_files: ['/etc/prometheus/alerts.yml'],
  scrape_configs: [
    {
      job_name: 'gravl',
      kubernetes_sd_configs: [{ role: 'pod', namespaces: { names: [staging.namespace, production.namespace] } }],
      relabel_configs: [
        {
          source_labels: ['__meta_kubernetes_pod_container_port_number'],
          regex: String(ports.metrics),
          action: 'keep',
        },
        { source_labels: ['__meta_kubernetes_namespace'], target_label: 'namespace' },
        { source_labels: ['__meta_kubernetes_pod_label_app'], target_label: 'app' },
      ],
    },
  ],
};

export function monitoring({ prometheus }: Images) {
  const metadata = (name: string) => ({ name, namespace, labels: { ...labels, app: name } });
  return [
    new Namespace({
      metadata: { name: namespace, labels: { ...labels, 'pod-security.kubernetes.io/enforce': 'restricted' } },
    }),
    ...monitoringAccess(),
    new ConfigMap({
      metadata: metadata('prometheus-config'),
      data: {
        'prometheus.yml': stringify(prometheusConfig, { lineWidth: 0 }),
        'alerts.yml': stringify(rules, { lineWidth: 0 }),
      },
    }),
    new ConfigMap({
      // The label is what Grafana's sidecar looks for.
      metadata: { name: 'gravl-dashboard', namespace, labels: { ...labels, grafana_dashboard: '1' } },
      data: { 'gravl.json': `${JSON.stringify(serviceDashboard, undefined, 2)}\n` },
    }),
    new Deployment({
      metadata: metadata('prometheus'),
      spec: {
        replicas: 1,
        selector: app('prometheus'),
        strategy: { type: 'Recreate' },
        template: {
          metadata: { labels: { ...labels, app: 'prometheus' } },
          spec: {
            serviceAccountName: 'monitoring',
            // Discovery of the pods to scrape reads the API: the one workload that needs its token.
            automountServiceAccountToken: true,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 65534,
              runAsGroup: 65534,
              fsGroup: 65534,
              seccompProfile: { type: 'RuntimeDefault' },
            },
            containers: [
              {
                name: 'prometheus',
                image: prometheus,
                imagePullPolicy: 'IfNotPresent',
                args: [
                  '--config.file=/etc/prometheus/prometheus.yml',
                  '--storage.tsdb.path=/data',
                  '--storage.tsdb.retention.time=15d',
                  '--web.enable-remote-write-receiver',
                ],
                ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
                resources: { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '1', memory: '2Gi' } },
                securityContext: restrictedContainer,
                startupProbe: { httpGet: { path: '/-/ready', port }, periodSeconds: 5, failureThreshold: 30 },
                readinessProbe: { httpGet: { path: '/-/ready', port }, periodSeconds: 10 },
                livenessProbe: { httpGet: { path: '/-/healthy', port }, periodSeconds: 10, failureThreshold: 6 },
                volumeMounts: [
                  { name: 'config', mountPath: '/etc/prometheus', readOnly: true },
                  { name: 'data', mountPath: '/data' },
                ],
              },
            ],
            volumes: [
              { name: 'config', configMap: { name: 'prometheus-config' } },
              { name: 'data', emptyDir: { sizeLimit: '20Gi' } },
            ],
          },
        },
      },
    }),
    new Service({
      metadata: metadata('prometheus'),
      spec: { selector: { app: 'prometheus' }, ports: [{ name: 'http', port, targetPort: port, protocol: 'TCP' }] },
    }),
  ];
}
