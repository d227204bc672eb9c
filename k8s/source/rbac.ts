/**
 * Least privilege: the workloads need nothing of the API server, so their accounts have no role and mount no token.
 * Monitoring discovers what it scrapes; the load runner starts and reads TestRuns in its own namespace.
 */
import { Role, RoleBinding, type IPolicyRule } from 'kubernetes-models/rbac.authorization.k8s.io/v1';
import { ServiceAccount } from 'kubernetes-models/v1';
import { namespaces, partOf, type Environment } from './environment.ts';

const account = (name: string, namespace: string): ServiceAccount =>
  new ServiceAccount({
    metadata: { name, namespace, labels: { ...partOf } },
    // A pod that needs the API asks for its token itself.
    automountServiceAccountToken: false,
  });

function grant(name: string, namespace: string, subject: { name: string; namespace: string }, rules: IPolicyRule[]) {
  const metadata = { name, namespace, labels: { ...partOf } };
  return [
    new Role({ metadata, rules }),
    new RoleBinding({
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', ...subject }],
    }),
  ];
}

/** Accounts of the workloads, and what monitoring may see of this namespace. */
export function environmentAccess({ namespace }: Environment) {
  return [
    account('backend', namespace),
    account('frontend', namespace),
    account('postgres', namespace),
    account('postgres-backup', namespace),
    ...grant('monitoring-discovery', namespace, { name: 'monitoring', namespace: namespaces.monitoring }, [
      { apiGroups: [''], resources: ['services', 'endpoints', 'pods'], verbs: ['get', 'list', 'watch'] },
    ]),
  ];
}

export const monitoringAccess = () => [account('monitoring', namespaces.monitoring)];

/** The load runner's account, in the namespace where TestRuns live. */
export function loadRunnerAccess(namespace: string) {
  return [
    account('load-runner', namespace),
    // What sends the load may do nothing.
    account('load-generator', namespace),
    ...grant('load-runner', namespace, { name: 'load-runner', namespace }, [
      { apiGroups: ['k6.io'], resources: ['testruns'], verbs: ['create', 'get', 'list', 'watch', 'patch', 'delete'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['create', 'get', 'patch', 'delete'] },
      { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get', 'list', 'watch'] },
    ]),
  ];
}
