/** The matching primitives of NetworkPolicy: label selectors, address blocks, ports. */
import { BlockList, isIP } from 'node:net';
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

/** A set of addresses given as CIDRs. */
export class AddressBlock {
  readonly #version: number;
  readonly #inside = new BlockList();
  readonly #except = new BlockList();

  /** @throws RangeError naming the CIDR that cannot be read */
  constructor(cidr: string, except: readonly string[]) {
    this.#version = addCidr(this.#inside, cidr);
    for (const hole of except) addCidr(this.#except, hole);
  }

  contains(address: string): boolean {
    // BlockList takes an IPv4 address for its IPv6-mapped form, so ::/0 would hold every IPv4 address too.
    if (isIP(address) !== this.#version) return false;
    const family = this.#version === 6 ? 'ipv6' : 'ipv4';
    return this.#inside.check(address, family) && !this.#except.check(address, family);
  }
}

/** @returns the IP version of the block */
function addCidr(list: BlockList, cidr: string): number {
  const [address = '', prefix, ...rest] = cidr.split('/');
  const version = isIP(address);
  const bits = Number(prefix);
  const valid = version !== 0 && rest.length === 0 && prefix !== undefined && /^\d{1,3}$/.test(prefix);
  if (!valid || bits > (version === 6 ? 128 : 32)) {
    throw new RangeError(`"${cidr}" is not a CIDR; expected an address and a prefix length such as 10.0.0.0/8`);
  }
  list.addSubnet(address, bits, version === 6 ? 'ipv6' : 'ipv4');
  return version;
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
