/** The manifests as files: what `npm run manifests` writes below k8s/ and the team applies. */
import { stringify } from 'yaml';
import { certManagerSetup } from './certificates.ts';
import { production, staging, type Environment } from './environment.ts';
import { images } from './images.ts';
import { loadNamespace, testRun, weeklyRun } from './load.ts';
import { monitoring } from './monitoring.ts';
import { networkPolicies } from './network-policy.ts';
import { environmentAccess } from './rbac.ts';
import { sealedSecretsSetup } from './sealed-secrets.ts';
import { namespaceObjects, workloads } from './workloads.ts';

const inEnvironment = (environment: Environment): [string, readonly object[]][] => [
  [`${environment.name}/namespace.yaml`, namespaceObjects(environment)],
  [`${environment.name}/network-policy.yaml`, networkPolicies(environment)],
  [`${environment.name}/rbac.yaml`, environmentAccess(environment)],
  [`${environment.name}/workloads.yaml`, workloads(environment, images)],
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

export function render(objects: readonly object[]): string {
  const head = '# Made from k8s/source by `npm run manifests`; edit that, not this.\n';
  // Through JSON: the typed classes become plain objects, and one constant used twice is no YAML alias.
  const documents = objects.map((object) => stringify(JSON.parse(JSON.stringify(object)), { lineWidth: 0 }));
  return `${head}---\n${documents.join('---\n')}`;
}
