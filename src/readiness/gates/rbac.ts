/** Permissions: what bindings grant, against what is declared in k8s/permissions.yaml. */
import type { KubeObject } from '../manifests/load.ts';
import {
  field,
  judge,
  list,
  nameOf,
  notChecked,
  ourWorkloads,
  type Finding,
  type Gate,
  type GateContext,
} from './model.ts';

interface Grant {
  /** `namespace/account`, or `Group name`, `User name`. */
  readonly subject: string;
  /** `*` for a ClusterRoleBinding. */
  readonly namespace: string;
  readonly verb: string;
  /** `pods`, `jobs.batch`, with `/name` for a rule that names objects. */
  readonly resource: string;
  readonly binding: KubeObject;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const keyOf = (grant: Omit<Grant, 'binding'>): string =>
  `${grant.subject} may ${grant.verb} ${grant.resource} in ${grant.namespace}`;

/** What every binding grants; a role that is not there grants nothing, and is reported. */
function grantsOf(objects: readonly KubeObject[], findings: Finding[]): Grant[] {
  return objects
    .filter(({ kind }) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding')
    .flatMap((binding) => {
      const { kind, name, apiGroup } = (field(binding.body, 'roleRef') ?? {}) as Record<string, unknown>;
      const role = objects.find(
        (object) =>
          apiGroup === 'rbac.authorization.k8s.io' &&
          object.kind === kind &&
          object.metadata.name === name &&
          (kind === 'ClusterRole' || object.metadata.namespace === binding.metadata.namespace),
      );
      if (role === undefined) {
        const message = `${nameOf(binding)} binds ${text(kind)} ${text(name)}, which is not there`;
        findings.push({ message, where: binding.where('roleRef') });
        return [];
      }
      const namespace = binding.kind === 'RoleBinding' ? (binding.metadata.namespace ?? 'default') : '*';
      return list(field(binding.body, 'subjects')).flatMap((subject) =>
        list(field(role.body, 'rules')).flatMap((rule) =>
          resourcesOf(rule).flatMap((resource) =>
            list(field(rule, 'verbs')).map((verb) => ({
              subject: subjectOf(subject),
              namespace,
              verb: text(verb),
              resource,
              binding,
            })),
          ),
        ),
      );
    });
}

function subjectOf(subject: unknown): string {
  const kind = text(field(subject, 'kind'));
  const name = text(field(subject, 'name'));
  return kind === 'ServiceAccount' ? `${text(field(subject, 'namespace'))}/${name}` : `${kind} ${name}`;
}

function resourcesOf(rule: unknown): string[] {
  const names = list(field(rule, 'resourceNames')).map((name) => `/${text(name)}`);
  const urls = list(field(rule, 'nonResourceURLs')).map((url) => `URL ${text(url)}`);
  const resources = list(field(rule, 'apiGroups')).flatMap((group) =>
    list(field(rule, 'resources')).map((resource) => `${text(resource)}${group === '' ? '' : `.${text(group)}`}`),
  );
  return [
    ...resources.flatMap((resource) => (names.length === 0 ? [resource] : names.map((name) => resource + name))),
    ...urls,
  ];
}

export const rbacGates: readonly Gate[] = [
  {
    id: 'rbac-no-wildcards',
    area: 'security',
    title: 'no wildcard, no cluster-admin, no reading of secrets',
    verify: 'kubectl auth can-i --list --as system:serviceaccount:NAMESPACE:backend -n NAMESPACE',
    fix: 'Name the verbs and resources in the Role; bind a Role of the namespace instead of cluster-admin.',
    check({ objects }) {
      const findings: Finding[] = [];
      const bound = new Set(objects.map(({ body }) => field(body, 'roleRef', 'name')));
      // A cluster has roles of its own; one that nobody of ours is bound to gives us nothing.
      const ours = objects.filter(({ kind, metadata }) => kind !== 'ClusterRole' || bound.has(metadata.name));
      for (const object of ours) {
        const role = field(object.body, 'roleRef', 'name');
        if (role === 'cluster-admin' || role === 'admin' || role === 'edit') {
          findings.push({ message: `${nameOf(object)} binds ${role}`, where: object.where('roleRef') });
        }
        for (const [index, rule] of (object.kind.endsWith('Role') ? list(field(object.body, 'rules')) : []).entries()) {
          const where = object.where('rules', index);
          for (const key of ['verbs', 'resources', 'apiGroups', 'nonResourceURLs']) {
            if (list(field(rule, key)).some((value) => text(value).includes('*'))) {
              findings.push({ message: `${nameOf(object)}: wildcard in ${key}`, where });
            }
          }
          if (list(field(rule, 'resources')).includes('secrets')) {
            findings.push({ message: `${nameOf(object)} reaches secrets`, where });
          }
        }
      }
      const roles = objects.filter(({ kind }) => kind.endsWith('Role')).length;
      return judge(findings, `${roles} roles`);
    },
  },
  {
    id: 'rbac-declared',
    area: 'security',
    title: 'accounts may do exactly what is declared',
    verify: 'kubectl get rolebindings,clusterrolebindings -A -o wide',
    fix: 'Correct the Role or its binding, or declare the permission in k8s/permissions.yaml.',
    check(context) {
      if (context.permissions === undefined) return notChecked('no permissions are declared (k8s/permissions.yaml)');
      const findings: Finding[] = [];
      const grants = grantsOf(context.objects, findings);
      const declared = declaredKeys(context);
      const granted = new Set(grants.map(keyOf));
      for (const grant of grants) {
        if (!declared.has(keyOf(grant))) {
          findings.push({ message: `not declared: ${keyOf(grant)}`, where: grant.binding.where() });
        }
      }
      for (const key of declared) if (!granted.has(key)) findings.push({ message: `not granted: ${key}` });
      return judge(findings, `${granted.size} permissions granted, ${declared.size} declared`);
    },
  },
  {
    id: 'rbac-tokens',
    area: 'security',
    title: 'only pods that use the API get a token',
    verify:
      'kubectl -n NAMESPACE get pods -o custom-columns=NAME:.metadata.name,TOKEN:.spec.automountServiceAccountToken',
    fix: 'Set automountServiceAccountToken: false on the account and on the pod, and name the account of each pod.',
    check(context) {
      const { objects, permissions = {}, namespaces } = context;
      const findings: Finding[] = [];
      const accounts = new Set<string>();
      for (const object of objects.filter(
        ({ kind, metadata }) =>
          kind === 'ServiceAccount' &&
          metadata.name !== 'default' &&
          namespaces.includes(metadata.namespace ?? 'default'),
      )) {
        accounts.add(`${object.metadata.namespace ?? 'default'}/${object.metadata.name}`);
        if (object.body['automountServiceAccountToken'] !== false) {
          findings.push({ message: `${nameOf(object)} hands its token to every pod`, where: object.where() });
        }
      }
      const workloads = ourWorkloads(context);
      for (const { object, namespace, template, path } of workloads) {
        const { serviceAccountName, automountServiceAccountToken } = template.spec;
        const account = `${namespace}/${serviceAccountName ?? 'default'}`;
        const where = object.where(...path, 'spec');
        if (!accounts.has(account)) findings.push({ message: `${nameOf(object)} has no account of its own`, where });
        if (automountServiceAccountToken !== false && permissions[account] === undefined) {
          findings.push({ message: `${nameOf(object)} gets a token that it does not need`, where });
        }
      }
      return judge(findings, `${accounts.size} accounts, ${workloads.length} workloads`);
    },
  },
];

/** Of the namespaces that are looked at. */
function declaredKeys({ permissions = {}, namespaces }: GateContext): Set<string> {
  return new Set(
    Object.entries(permissions).flatMap(([subject, entries]) =>
      entries
        .filter((entry) => namespaces.includes(entry.in))
        .flatMap(({ in: namespace, verbs, resources }) =>
          resources.flatMap((resource) => verbs.map((verb) => keyOf({ subject, namespace, verb, resource }))),
        ),
    ),
  );
}
