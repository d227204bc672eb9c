/**
 * Who may talk to whom: a pure evaluator of NetworkPolicy. A connection is allowed when the source's egress side and
 * the destination's ingress side both allow it; a side without a policy that selects the pod allows everything; several
 * policies add up.
 */
import { AddressBlock, parseAddress, parseCidr, type Address, type AddressRange } from './address.ts';
import { portMatches, resolveNamedPort, selectorMatches } from './match.ts';
import type { Direction, Labels, Network, Peer, Pod, Policy, PolicyPort, Probe, Protocol, Selector } from './model.ts';

/** `unknown`: Kubernetes leaves it undefined (host network), or an address that decides is not known. */
export type Answer = 'allowed' | 'denied' | 'unknown';

export interface Side {
  readonly answer: Answer;
  /** Policies (`namespace/name`) that isolate the pod in this direction. */
  readonly isolatedBy: readonly string[];
  /** The rule that allows, for example `gravl-prod/allow-dns-egress egress[0]`. */
  readonly allowedBy: string | undefined;
  readonly why: string;
}

export interface Verdict {
  readonly answer: Answer;
  readonly egress: Side;
  readonly ingress: Side;
  readonly why: string;
}

export interface Endpoint {
  readonly text: string;
  readonly pod: Pod | undefined;
  readonly addresses: readonly Address[];
  /** Where the address of a pod lies that is not known. */
  readonly within: readonly AddressRange[];
  readonly namespaceLabels: Labels;
}

/** `maybe`: it depends on an address that is not known. */
export type Match = 'yes' | 'no' | 'maybe';

interface CompiledPeer {
  matches(other: Endpoint): Match;
}

export interface CompiledRule {
  readonly id: string;
  /** Empty: every peer. */
  readonly peers: readonly CompiledPeer[];
  /** Empty: every port. */
  readonly ports: readonly PolicyPort[];
}

export interface CompiledPolicy {
  readonly id: string;
  readonly namespace: string;
  readonly selector: Selector;
  readonly rules: Readonly<Record<Direction, readonly CompiledRule[] | undefined>>;
}

/** A probe names something that is not in the network. */
export class UnknownEndpointError extends Error {}

/** The label that the API server sets on every namespace. */
const NAME_LABEL = 'kubernetes.io/metadata.name';

export class Reachability {
  readonly pods: readonly Endpoint[];
  readonly #policies: readonly CompiledPolicy[];
  readonly #byName = new Map<string, Endpoint>();
  readonly #byAddress = new Map<string, Endpoint>();
  readonly #selected = new Map<Endpoint, Record<Direction, readonly CompiledPolicy[]>>();

  /** @throws RangeError for an address or CIDR that cannot be read, naming pod or policy, and for two pods of one name */
  constructor(network: Network) {
    const namespaces = new Map<string, Labels>();
    for (const { name, labels } of network.namespaces) namespaces.set(name, { ...labels, [NAME_LABEL]: name });
    const podRanges = network.podCidrs.map(parseCidr);
    this.pods = network.pods.map((pod) => {
      const text = `${pod.namespace}/${pod.name}`;
      const addresses = [pod.ip ?? '', ...(pod.ips ?? [])].filter((ip) => ip !== '').map((ip) => addressOf(text, ip));
      const within = addresses.length === 0 ? podRanges : [];
      return {
        text,
        pod,
        addresses,
        within,
        namespaceLabels: namespaces.get(pod.namespace) ?? { [NAME_LABEL]: pod.namespace },
      };
    });
    for (const endpoint of this.pods) {
      if (this.#byName.has(endpoint.text)) throw new RangeError(`there are two pods ${endpoint.text}`);
      this.#byName.set(endpoint.text, endpoint);
      for (const address of endpoint.addresses) this.#byAddress.set(addressKey(address), endpoint);
    }
    this.#policies = network.policies.map(compilePolicy);
  }

  /**
   * The endpoint behind `namespace/pod` or an address; the address of a pod is that pod.
   * @throws UnknownEndpointError
   */
  endpoint(text: string): Endpoint {
    const named = this.#byName.get(text);
    if (named !== undefined) return named;
    const address = parseAddress(text);
    if (address !== undefined) {
      const outside = { text, pod: undefined, addresses: [address], within: [], namespaceLabels: {} };
      return this.#byAddress.get(addressKey(address)) ?? outside;
    }
    throw new UnknownEndpointError(
      `"${text}" is neither a pod of the network nor an IP address; write namespace/pod or an address`,
    );
  }

  /** @throws UnknownEndpointError when an endpoint or a named port does not exist */
  probe(probe: Probe): Verdict {
    const to = this.endpoint(probe.to);
    const port = typeof probe.port === 'number' ? probe.port : namedPort(to, probe.port, probe.protocol);
    return this.connect(this.endpoint(probe.from), to, port, probe.protocol);
  }

  connect(from: Endpoint, to: Endpoint, port: number, protocol: Protocol): Verdict {
    // A workload stands for several pods: what it sends to itself goes to another of them.
    if (from.pod !== undefined && from.pod === to.pod && from.pod.replicated !== true) {
      const side: Side = { answer: 'allowed', isolatedBy: [], allowedBy: undefined, why: 'a pod reaches itself' };
      return { answer: 'allowed', egress: side, ingress: side, why: 'a pod cannot be cut off from itself' };
    }
    const egress = this.#side('egress', from, to, port, protocol);
    const ingress = this.#side('ingress', to, from, port, protocol);
    const answer = both(egress.answer, ingress.answer);
    return { answer, egress, ingress, why: `egress: ${egress.why}; ingress: ${ingress.why}` };
  }

  #side(direction: Direction, self: Endpoint, other: Endpoint, port: number, protocol: Protocol): Side {
    if (self.pod === undefined) return open(`${self.text} is outside the cluster`);
    if (self.pod.hostNetwork === true) {
      return { ...open(`${self.text} is on the host network, where policies are undefined`), answer: 'unknown' };
    }
    const policies = this.policiesFor(self)[direction];
    if (policies.length === 0) return open(`no policy isolates ${self.text}`);
    const isolatedBy = policies.map((policy) => policy.id);
    const destination = direction === 'egress' ? other.pod : self.pod;
    let maybe: CompiledRule | undefined;
    for (const rule of policies.flatMap((policy) => policy.rules[direction] ?? [])) {
      const match = coversPort(rule, port, protocol, destination) ? peerMatch(rule, other) : 'no';
      if (match === 'yes') return { answer: 'allowed', isolatedBy, allowedBy: rule.id, why: `allowed by ${rule.id}` };
      if (match === 'maybe') maybe ??= rule;
    }
    if (maybe !== undefined) {
      const text = `${maybe.id} allows some of the addresses that ${other.text} may have`;
      return { answer: 'unknown', isolatedBy, allowedBy: undefined, why: text };
    }
    const why = `${self.text} is isolated by ${isolatedBy.join(', ')} and no rule allows ${other.text} on ${String(port)}/${protocol}`;
    return { answer: 'denied', isolatedBy, allowedBy: undefined, why };
  }

  /** The policies that isolate a pod, by direction. */
  policiesFor(endpoint: Endpoint): Record<Direction, readonly CompiledPolicy[]> {
    let found = this.#selected.get(endpoint);
    if (found === undefined) {
      const { pod } = endpoint;
      const mine = this.#policies.filter(
        (policy) => pod?.namespace === policy.namespace && selectorMatches(policy.selector, pod.labels),
      );
      found = {
        ingress: mine.filter((policy) => policy.rules.ingress !== undefined),
        egress: mine.filter((policy) => policy.rules.egress !== undefined),
      };
      this.#selected.set(endpoint, found);
    }
    return found;
  }
}

/** A rule without ports covers all; a named port is looked up on the destination. */
export const coversPort = (
  rule: CompiledRule,
  port: number,
  protocol: Protocol,
  destination: Pod | undefined,
): boolean => rule.ports.length === 0 || rule.ports.some((entry) => portMatches(entry, port, protocol, destination));

/** A rule without peers means everyone. */
export function peerMatch(rule: CompiledRule, other: Endpoint): Match {
  if (rule.peers.length === 0) return 'yes';
  let best: Match = 'no';
  for (const peer of rule.peers) {
    const match = peer.matches(other);
    if (match === 'yes') return 'yes';
    if (match === 'maybe') best = 'maybe';
  }
  return best;
}

/** Both directions must allow; one clear "no" outweighs an unknown. */
export function both(egress: Answer, ingress: Answer): Answer {
  if (egress === 'denied' || ingress === 'denied') return 'denied';
  return egress === 'unknown' || ingress === 'unknown' ? 'unknown' : 'allowed';
}

const shares = { all: 'yes', some: 'maybe', none: 'no' } as const;

const addressKey = ({ version, value }: Address): string => `${version}:${value}`;

function addressOf(pod: string, ip: string): Address {
  const address = parseAddress(ip);
  if (address === undefined) throw new RangeError(`pod ${pod}: "${ip}" is not an IP address`);
  return address;
}

const open = (why: string): Side => ({ answer: 'allowed', isolatedBy: [], allowedBy: undefined, why });

function namedPort(to: Endpoint, name: string, protocol: Protocol): number {
  const port = to.pod === undefined ? undefined : resolveNamedPort(to.pod, name, protocol);
  if (port === undefined) {
    throw new UnknownEndpointError(`${to.text} has no ${protocol} port named "${name}"; give the number`);
  }
  return port;
}

function compilePolicy({ metadata, spec }: Policy): CompiledPolicy {
  const id = `${metadata.namespace}/${metadata.name}`;
  const compileRules = (
    direction: Direction,
    rules: readonly { peers: readonly Peer[]; ports: readonly PolicyPort[] }[],
  ): CompiledRule[] =>
    rules.map(({ peers, ports }, index) => ({
      id: `${id} ${direction}[${String(index)}]`,
      peers: peers.map((peer) => compilePeer(peer, metadata.namespace, id)),
      ports,
    }));
  // Without policyTypes a policy isolates ingress, and egress when it has egress rules (an empty list counts as none).
  const types = spec.policyTypes ?? [];
  const isolatesIngress = types.length === 0 || types.includes('Ingress');
  const isolatesEgress = types.length === 0 ? (spec.egress ?? []).length > 0 : types.includes('Egress');
  const ingress = (spec.ingress ?? []).map((rule) => ({ peers: rule?.from ?? [], ports: rule?.ports ?? [] }));
  const egress = (spec.egress ?? []).map((rule) => ({ peers: rule?.to ?? [], ports: rule?.ports ?? [] }));
  return {
    id,
    namespace: metadata.namespace,
    selector: spec.podSelector ?? {},
    rules: {
      ingress: isolatesIngress ? compileRules('ingress', ingress) : undefined,
      egress: isolatesEgress ? compileRules('egress', egress) : undefined,
    },
  };
}

function compilePeer(peer: Peer, policyNamespace: string, policy: string): CompiledPeer {
  const { ipBlock, podSelector, namespaceSelector } = peer;
  if (ipBlock != null) {
    let block: AddressBlock;
    try {
      block = new AddressBlock(ipBlock.cidr, ipBlock.except ?? []);
    } catch (error) {
      throw new RangeError(`NetworkPolicy ${policy}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    return {
      matches({ addresses, within }) {
        if (within.length > 0) return shares[block.share(within)];
        return addresses.some((address) => block.contains(address)) ? 'yes' : 'no';
      },
    };
  }
  return {
    matches: ({ pod, namespaceLabels }) => {
      if (pod === undefined || (podSelector != null && !selectorMatches(podSelector, pod.labels))) return 'no';
      const fits =
        namespaceSelector == null
          ? pod.namespace === policyNamespace
          : selectorMatches(namespaceSelector, namespaceLabels);
      return fits ? 'yes' : 'no';
    },
  };
}
