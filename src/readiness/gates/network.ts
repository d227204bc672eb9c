/** Network policies: by what they let through, and by what they state. */
import type { KubeObject } from '../manifests/load.ts';
import { checkFlows } from '../reach/flows.ts';
import { networkOf } from '../reach/network.ts';
import { field, judge, list, nameOf, notChecked, type Finding, type Gate } from './model.ts';

const policiesIn = (objects: readonly KubeObject[], namespace: string): KubeObject[] =>
  objects.filter(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.namespace === namespace);

export const networkGates: readonly Gate[] = [
  {
    id: 'policy-flows',
    area: 'security',
    title: 'network policies let the declared flows through and nothing else',
    verify: 'gravl-load reach --flows k8s/flows.yaml',
    fix: 'Correct the policy that the finding names, or declare the flow in k8s/flows.yaml.',
    check({ objects, flows, namespace }) {
      if (flows === undefined) return notChecked('no flows are declared (--flows k8s/flows.yaml)');
      const results = checkFlows(networkOf(objects), flows, [namespace]);
      const broken = results.filter(({ ok }) => !ok);
      return judge(
        broken.map(({ from, to, port, protocol, expected, why }) => ({
          message: `${from} → ${to}:${port}/${protocol} must be ${expected}: ${why}`,
        })),
        `${results.length - broken.length} of ${results.length} flows hold`,
      );
    },
  },
  {
    id: 'policy-default-deny',
    area: 'security',
    title: 'policies of their own deny everything in both directions',
    verify: 'kubectl -n NAMESPACE get networkpolicy gravl-default-deny -o yaml',
    fix: 'Apply the policy gravl-default-deny: podSelector {}, policyTypes [Ingress, Egress], no rules.',
    check({ objects, namespace }) {
      const policies = policiesIn(objects, namespace);
      // Two policies, one for each direction, do the same.
      const denied = new Set(
        policies.filter(deniesAll).flatMap(({ body }) => list(field(body, 'spec', 'policyTypes'))),
      );
      const denies = denied.has('Ingress') && denied.has('Egress');
      return judge(
        denies ? [] : [{ message: `${namespace} has no policy that denies everything both ways` }],
        `${policies.length} policies in ${namespace}`,
      );
    },
  },
  {
    id: 'policy-explicit',
    area: 'security',
    title: 'policies state their directions and protocols instead of leaving them to defaults',
    verify: 'kubectl -n NAMESPACE get networkpolicy -o yaml',
    fix: 'Write policyTypes in every policy, podSelector too, and protocol and port in every entry of ports.',
    check({ objects, namespace }) {
      const policies = policiesIn(objects, namespace);
      if (policies.length === 0) return notChecked(`there is no policy in ${namespace}`);
      return judge(policies.flatMap(implicit), `${policies.length} policies in ${namespace}`);
    },
  },
];

/** Selects every pod, and has no rule. */
function deniesAll({ body }: KubeObject): boolean {
  const selector = field(body, 'spec', 'podSelector');
  const rules = [...list(field(body, 'spec', 'ingress')), ...list(field(body, 'spec', 'egress'))];
  const chosen = [...Object.keys(field(selector, 'matchLabels') ?? {}), ...list(field(selector, 'matchExpressions'))];
  return typeof selector === 'object' && selector !== null && chosen.length === 0 && rules.length === 0;
}

function implicit(policy: KubeObject): Finding[] {
  const { body } = policy;
  const finding = (message: string, ...keys: (string | number)[]): Finding => ({
    message: `${nameOf(policy)}: ${message}`,
    where: policy.where(...keys),
  });
  const findings: Finding[] = [];
  if (list(field(body, 'spec', 'policyTypes')).length === 0) findings.push(finding('no policyTypes', 'spec'));
  if (field(body, 'spec', 'podSelector') == null) findings.push(finding('no podSelector', 'spec'));
  for (const direction of ['ingress', 'egress']) {
    for (const [index, rule] of list(field(body, 'spec', direction)).entries()) {
      for (const [entry, port] of list(field(rule, 'ports')).entries()) {
        for (const key of ['protocol', 'port']) {
          if (field(port, key) == null) {
            findings.push(finding(`a port without ${key}`, 'spec', direction, index, 'ports', entry));
          }
        }
      }
    }
  }
  return findings;
}
