/**
 * A second evaluator, deliberately naive and written from the API reference alone: no classes, no caching, IPv4 by
 * arithmetic. The property tests hold the real one against it.
 */
import type { Labels, Network, Pod, Selector } from '../../../src/readiness/reach/model.ts';

type Rule = NonNullable<NonNullable<Network['policies'][number]['spec']['ingress']>[number]>;
type Peer = NonNullable<Rule['from']>[number];
type Port = NonNullable<Rule['ports']>[number];

function matches(selector: Selector, labels: Labels): boolean {
  let ok = true;
  for (const key of Object.keys(selector.matchLabels ?? {})) if (labels[key] !== selector.matchLabels![key]) ok = false;
  for (const e of selector.matchExpressions ?? []) {
    const has = key(labels, e.key);
    if (e.operator === 'Exists' && !has) ok = false;
    if (e.operator === 'DoesNotExist' && has) ok = false;
    if (e.operator === 'In' && !(has && e.values!.includes(labels[e.key]!))) ok = false;
    if (e.operator === 'NotIn' && has && e.values!.includes(labels[e.key]!)) ok = false;
  }
  return ok;
}
const key = (labels: Labels, name: string): boolean => Object.keys(labels).includes(name);

const number = (ip: string): number => ip.split('.').reduce((n, part) => n * 256 + Number(part), 0);
function inCidr(ip: string, cidr: string): boolean {
  const [net, bits] = cidr.split('/') as [string, string];
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(ip) / size) === Math.floor(number(net) / size);
}

function peerOk(peer: Peer, policyNamespace: string, other: Pod | undefined, ip: string, network: Network): boolean {
  if (peer.ipBlock) {
    return inCidr(ip, peer.ipBlock.cidr) && !(peer.ipBlock.except ?? []).some((hole) => inCidr(ip, hole));
  }
  if (!other) return false;
  const ns = network.namespaces.find((n) => n.name === other.namespace);
  const labels = { 'kubernetes.io/metadata.name': other.namespace, ...ns?.labels };
  if (peer.namespaceSelector && peer.podSelector) {
    return matches(peer.namespaceSelector, labels) && matches(peer.podSelector, other.labels);
  }
  if (peer.namespaceSelector) return matches(peer.namespaceSelector, labels);
  return other.namespace === policyNamespace && matches(peer.podSelector!, other.labels);
}

function portOk(rule: Port, port: number, protocol: string, destination: Pod | undefined): boolean {
  if ((rule.protocol ?? 'TCP') !== protocol) return false;
  if (rule.port == null) return true;
  if (typeof rule.port === 'number')
    return rule.endPort ? port >= rule.port && port <= rule.endPort : port === rule.port;
  let found = false;
  for (const p of destination?.ports ?? [])
    if (p.name === rule.port && p.protocol === protocol && p.port === port) found = true;
  return found;
}

export function naiveAllowed(
  network: Network,
  from: Pod | string,
  to: Pod | string,
  port: number,
  protocol: string,
): boolean {
  if (from === to && typeof from !== 'string') return true;
  const source = typeof from === 'string' ? undefined : from;
  const destination = typeof to === 'string' ? undefined : to;
  const ipOf = (x: Pod | string): string => (typeof x === 'string' ? x : (x.ip ?? '255.255.255.255'));
  for (const direction of ['Egress', 'Ingress'] as const) {
    const self = direction === 'Egress' ? source : destination;
    const other = direction === 'Egress' ? destination : source;
    const otherIp = ipOf(direction === 'Egress' ? to : from);
    if (!self) continue;
    let isolated = false;
    let allowed = false;
    for (const { metadata, spec } of network.policies) {
      if (metadata.namespace !== self.namespace || !matches(spec.podSelector ?? {}, self.labels)) continue;
      const rules = (direction === 'Egress' ? spec.egress : spec.ingress) ?? [];
      const applies = spec.policyTypes?.length
        ? spec.policyTypes.includes(direction)
        : direction === 'Ingress' || rules.length > 0;
      if (!applies) continue;
      isolated = true;
      for (const rule of rules) {
        const peers =
          (direction === 'Egress' ? (rule as { to?: Peer[] } | null)?.to : (rule as { from?: Peer[] } | null)?.from) ??
          [];
        const ports = rule?.ports ?? [];
        const peersFit =
          peers.length === 0 || peers.some((p) => peerOk(p, metadata.namespace, other, otherIp, network));
        const portsFit = ports.length === 0 || ports.some((p) => portOk(p, port, protocol, destination));
        if (peersFit && portsFit) allowed = true;
      }
    }
    if (isolated && !allowed) return false;
  }
  return true;
}
