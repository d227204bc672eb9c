/** The matching primitives of NetworkPolicy: label selectors and ports. */
import type { Labels, Pod, PolicyPort, Protocol, Selector } from './model.ts';

/** An empty selector matches everything; all requirements must hold. */
export function selectorMatches(selector: Selector, labels: Labels): boolean {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (!Object.hasOwn(labels, key) || labels[key] !== value) return false;
  }
  return (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    switch (operator) {
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      case 'In':
        return value !== undefined && (values ?? []).includes(value);
      case 'NotIn':
        // As for label selectors everywhere in Kubernetes: an absent key is "not in".
        return value === undefined || !(values ?? []).includes(value);
    }
  });
}

/** The number behind a port given by name, on this pod. */
export function resolveNamedPort(pod: Pod, name: string, protocol: Protocol): number | undefined {
  return pod.ports.find((port) => port.name === name && port.protocol === protocol)?.port;
}

/**
 * Whether one entry of a rule's `ports` covers a destination port. A named port is looked up on the destination pod,
 * so it never covers an address outside the cluster.
 */
export function portMatches(rule: PolicyPort, port: number, protocol: Protocol, destination: Pod | undefined): boolean {
  if ((rule.protocol ?? 'TCP') !== protocol) return false;
  if (rule.port == null) return true;
  if (typeof rule.port === 'string') {
    const name = rule.port;
    // Several containers may use one name; each of their ports is meant.
    return (destination?.ports ?? []).some((p) => p.name === name && p.protocol === protocol && p.port === port);
  }
  return port >= rule.port && port <= (rule.endPort ?? rule.port);
}
