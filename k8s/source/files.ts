/** The manifests as files: what `npm run manifests` writes below k8s/ and the team applies. */
import { stringify } from 'yaml';
import { backup } from './backup.ts';
import { certManagerSetup } from './certificates.ts';
import { production, staging, type Environment } from './environment.ts';
import { images } from './images.ts';
import { loadNamespace, testRun, weeklyRun } from './load.ts';
import { loadDashboard, serviceDashboard } from './dashboards.ts';
import { monitoring } from './monitoring.ts';
import { networkPolicies } from './network-policy.ts';
import { environmentAccess } from './rbac.ts';
import { rules } from './rules.ts';
import { sealedSecretsSetup } from './sealed-secrets.ts';
import { namespaceObjects, workloads } from './workloads.ts';

const generated = '# Made from k8s/source by `npm run manifests`; edit that, not this.\n';

const inEnvironment = (environment: Environment): [string, readonly object[]][] => [
  [`${environment.name}/namespace.yaml`, namespaceObjects(environment)],
  [`${environment.name}/network-policy.yaml`, networkPolicies(environment)],
  [`${environment.name}/rbac.yaml`, environmentAccess(environment)],
  [`${environment.name}/workloads.yaml`, workloads(environment, images)],
  [`${environment.name}/backup.yaml`, backup(environment, images)],
];

/** Path below k8s/ → its objects, in the order in which they can be applied. */
export const manifests: ReadonlyMap<string, readonly object[]> = new Map([
  ...inEnvironment(staging),
  ...inEnvironment(production),
  ['production/cert-manager-setup.yaml', certManagerSetup()],
  ['production/sealed-secrets-setup.yaml', sealedSecretsSetup()],
  ['monitoring/monitoring.yaml', monitoring(images)],
  ['load/namespace.yaml', loadNamespace()],
  ['load/testrun.yaml', [testRun(images)]],
  ['load/weekly-run.yaml', [weeklyRun(images)]],
]);

/** Path in the project → its text: what docker compose mounts, of the same source as the manifests. */
export const composeFiles: ReadonlyMap<string, string> = new Map([
  // Not .yaml: below k8s/ those are objects of Kubernetes.
  ['k8s/monitoring/gravl.rules', `${generated}${stringify(rules, { lineWidth: 0 })}`],
  ['compose/grafana/dashboards/service.json', `${JSON.stringify(serviceDashboard, undefined, 2)}\n`],
  ['compose/grafana/dashboards/load.json', `${JSON.stringify(loadDashboard, undefined, 2)}\n`],
]);

export function render(objects: readonly object[]): string {
  // Through JSON: the typed classes become plain objects, and one constant used twice is no YAML alias.
  const documents = objects.map((object) => stringify(JSON.parse(JSON.stringify(object)), { lineWidth: 0 }));
  return `${generated}---\n${documents.join('---\n')}`;
}
