/** Permissions: what bindings grant, against what is declared in k8s/permissions.yaml. */
import type { KubeObject } from '../manifests/load.ts';
import type { PodTemplate } from '../manifests/workloads.ts';
import { selectorMatches } from '../reach/match.ts';
import { selectorSchema } from '../reach/model.ts';
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
        const where = builtIn.test(text(name)) ? 'whose rules only a cluster shows' : 'which is not there';
        const message = `${nameOf(binding)} binds ${text(kind)} ${text(name)}, ${where}`;
        findings.push({ message, where: binding.where('roleRef') });
        return [];
      }
      const namespace = binding.kind === 'RoleBinding' ? (binding.metadata.namespace ?? 'default') : '*';
      return list(field(binding.body, 'subjects')).flatMap((subject) =>
        rulesOf(role, objects).flatMap((rule) =>
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

/** Roles that every cluster has of its own. */
const builtIn = /^(cluster-admin|admin|edit|view|system:.*)$/;

/** The rules of a role; one that aggregates has those of the roles that it selects. */
function rulesOf(role: KubeObject, objects: readonly KubeObject[]): readonly unknown[] {
  const selectors = list(field(role.body, 'aggregationRule', 'clusterRoleSelectors')).flatMap((one) => {
    const selector = selectorSchema.safeParse(one);
    return selector.success ? [selector.data] : [];
  });
  const parts = objects.filter(
    ({ kind, metadata }) =>
      kind === 'ClusterRole' &&
      metadata.name !== role.metadata.name &&
      selectors.some((selector) => selectorMatches(selector, metadata.labels)),
  );
  return [role, ...parts].flatMap(({ body }) => list(field(body, 'rules')));
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

/** Everybody, or everybody of a cluster: nothing of ours is for them. */
const everybody = /^system:(anonymous|unauthenticated|authenticated|masters|serviceaccounts(:.*)?)$/;

function bindingFindings(binding: KubeObject): Finding[] {
  const role = text(field(binding.body, 'roleRef', 'name'));
  const findings: Finding[] = [];
  if (['cluster-admin', 'admin', 'edit'].includes(role)) {
    findings.push({ message: `${nameOf(binding)} binds ${role}`, where: binding.where('roleRef') });
  }
  for (const subject of list(field(binding.body, 'subjects'))) {
    const name = text(field(subject, 'name'));
    if (field(subject, 'kind') !== 'ServiceAccount' && everybody.test(name)) {
      findings.push({ message: `${nameOf(binding)} is for ${name}`, where: binding.where('subjects') });
    }
  }
  return findings;
}

const reading = ['get', 'list', 'watch', '*'];
/** With these an account gives itself whatever it wants. */
const climbing = ['escalate', 'bind', 'impersonate'];

function roleFindings(role: KubeObject, objects: readonly KubeObject[]): Finding[] {
  return rulesOf(role, objects).flatMap((rule, index): Finding[] => {
    const finding = (message: string): Finding => ({
      message: `${nameOf(role)}${message}`,
      where: role.where('rules', index),
    });
    const texts = (key: string): string[] => list(field(rule, key)).map(text);
    const wild = ['verbs', 'resources', 'apiGroups', 'nonResourceURLs'].filter((key) =>
      texts(key).some((value) => value.includes('*')),
    );
    const resources = texts('resources');
    const verbs = texts('verbs');
    return [
      ...wild.map((key) => finding(`: wildcard in ${key}`)),
      ...(resources.includes('secrets') && verbs.some((verb) => reading.includes(verb))
        ? [finding(' reaches secrets')]
        : []),
      ...verbs.filter((verb) => climbing.includes(verb)).map((verb) => finding(`: the verb ${verb} gives more`)),
      ...(resources.includes('serviceaccounts/token') ? [finding(' makes tokens of accounts')] : []),
    ];
  });
}

/**
 * A cluster has roles of its own: there, only those count that ours are bound to. In manifests all do, but those of other
 * teams' operators.
 */
function rolesOfOurs(objects: readonly KubeObject[], live: boolean, foreign: readonly string[]): KubeObject[] {
  const bindings = objects.filter(({ kind }) => kind.endsWith('RoleBinding'));
  return objects.filter(({ kind, metadata }) => {
    if (kind === 'Role') return !foreign.includes(metadata.namespace ?? 'default');
    if (kind !== 'ClusterRole') return false;
    const bound = bindings.filter(({ body }) => field(body, 'roleRef', 'name') === metadata.name);
    if (bound.length === 0) return !live;
    return live || bound.some((binding) => !isForeign(binding, foreign));
  });
}

/** Whether all that a binding is for are accounts of other teams. */
function isForeign({ body }: KubeObject, foreign: readonly string[]): boolean {
  const subjects = list(field(body, 'subjects'));
  return (
    subjects.length > 0 &&
    subjects.every(
      (subject) => field(subject, 'kind') === 'ServiceAccount' && foreign.includes(text(field(subject, 'namespace'))),
    )
  );
}

export const rbacGates: readonly Gate[] = [
  {
    id: 'rbac-no-wildcards',
    area: 'security',
    title: 'no wildcard, no cluster-admin, no reading of secrets',
    verify: 'kubectl auth can-i --list --as system:serviceaccount:NAMESPACE:backend -n NAMESPACE',
    fix: 'Name the verbs and resources in the Role; bind a Role of the namespace instead of cluster-admin.',
    check({ objects, live, foreign }) {
      const ours = rolesOfOurs(objects, live, foreign);
      const findings = [
        ...objects.filter(({ kind }) => kind.endsWith('RoleBinding')).flatMap(bindingFindings),
        ...ours.flatMap((role) => roleFindings(role, objects)),
      ];
      return judge(findings, `${ours.length} roles`);
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
      const grants = grantsOf(
        context.objects.filter((object) => !object.kind.endsWith('RoleBinding') || !isForeign(object, context.foreign)),
        findings,
      );
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
        const { automountServiceAccountToken } = template.spec;
        const account = accountOf(namespace, template.spec);
        const where = object.where(...path, 'spec');
        if (!accounts.has(account)) findings.push({ message: `${nameOf(object)} has no account of its own`, where });
        if (automountServiceAccountToken !== false && permissions[account] === undefined) {
          findings.push({ message: `${nameOf(object)} gets a token that it does not need`, where });
        }
        if (permissions[account] === undefined && projectsToken(template.spec)) {
          findings.push({ message: `${nameOf(object)} projects a token for the API that it does not need`, where });
        }
      }
      return judge(findings, `${accounts.size} accounts, ${workloads.length} workloads`);
    },
  },
];

const accountOf = (namespace: string, { serviceAccountName, serviceAccount }: PodTemplate['spec']): string =>
  `${namespace}/${serviceAccountName ?? serviceAccount ?? 'default'}`;

/** A volume with a token for the API server; one for another audience opens nothing there. */
const projectsToken = (spec: unknown): boolean =>
  list(field(spec, 'volumes')).some((volume) =>
    list(field(volume, 'projected', 'sources')).some((source) => {
      const audience = field(source, 'serviceAccountToken', 'audience') ?? '';
      return field(source, 'serviceAccountToken') !== undefined && /^$|kubernetes/.test(text(audience));
    }),
  );

/** Of the namespaces that are looked at. */
function declaredKeys({ permissions = {}, namespaces }: GateContext): Set<string> {
  return new Set(
    Object.entries(permissions).flatMap(([subject, entries]) =>
      entries
        .filter((entry) => namespaces.includes(entry.in) || entry.in === '*')
        .flatMap(({ in: namespace, verbs, resources }) =>
          resources.flatMap((resource) => verbs.map((verb) => keyOf({ subject, namespace, verb, resource }))),
        ),
    ),
  );
}
