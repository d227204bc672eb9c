/**
 * The whole network at once: every pod to every pod on one port. The same rules as {@link Reachability.connect}, as
 * bit sets: a rule's peers are worked out once, not once a pair, so 500 pods and 200 policies take milliseconds.
 */
import type { Answer, CompiledPolicy, CompiledRule, Endpoint, Reachability } from './evaluate.ts';
import { portMatches } from './match.ts';
import type { Direction, Protocol } from './model.ts';

export interface PortQuery {
  readonly port: number;
  readonly protocol: Protocol;
}

export interface Matrix {
  readonly pods: readonly Endpoint[];
  /** Row: source, column: destination, in the order of `pods`. */
  at(source: number, destination: number): Answer;
}

/** One bit a pod. */
class PodSet {
  readonly #words: Uint32Array;

  constructor(size: number) {
    this.#words = new Uint32Array(Math.ceil(size / 32));
  }

  add(index: number): void {
    this.#words[index >>> 5] = (this.#words[index >>> 5] ?? 0) | (1 << (index & 31));
  }

  has(index: number): boolean {
    return (((this.#words[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1;
  }

  fill(): this {
    this.#words.fill(0xffffffff);
    return this;
  }

  /** Adds what is in `other`, and in `mask` when there is one. */
  addAll(other: PodSet, mask?: PodSet): void {
    for (let i = 0; i < this.#words.length; i++) {
      const word = (other.#words[i] ?? 0) & (mask === undefined ? 0xffffffff : (mask.#words[i] ?? 0));
      this.#words[i] = (this.#words[i] ?? 0) | word;
    }
  }
}

/** Works out matrices of one network; peers are computed once for all ports. */
export class MatrixBuilder {
  readonly #reach: Reachability;
  readonly #peers = new Map<CompiledRule, PodSet>();

  constructor(reach: Reachability) {
    this.#reach = reach;
  }

  build({ port, protocol }: PortQuery): Matrix {
    const { pods } = this.#reach;
    const named = new Map<CompiledRule, PodSet>();
    const outgoing = pods.map((source) =>
      this.#allowed(source, 'egress', (rule) => {
        let mask = named.get(rule);
        if (mask === undefined) named.set(rule, (mask = this.#destinations(rule, port, protocol)));
        return mask;
      }),
    );
    const incoming = pods.map((destination) =>
      this.#allowed(destination, 'ingress', (rule) => coversPort(rule, port, protocol, destination)),
    );
    return {
      pods,
      at: (source, destination) => {
        if (source === destination) return 'allowed';
        const unknownEgress = pods[source]?.pod?.hostNetwork === true;
        const unknownIngress = pods[destination]?.pod?.hostNetwork === true;
        if (!unknownEgress && outgoing[source]?.has(destination) !== true) return 'denied';
        if (!unknownIngress && incoming[destination]?.has(source) !== true) return 'denied';
        return unknownEgress || unknownIngress ? 'unknown' : 'allowed';
      },
    };
  }

  /** The pods this pod may talk with in one direction; `mask` says for which of them a rule's ports fit. */
  #allowed(self: Endpoint, direction: Direction, mask: (rule: CompiledRule) => PodSet | boolean): PodSet {
    const set = new PodSet(this.#reach.pods.length);
    const policies: readonly CompiledPolicy[] = this.#reach.policiesFor(self)[direction];
    if (policies.length === 0) return set.fill();
    for (const rule of policies.flatMap((policy) => policy.rules[direction] ?? [])) {
      const fits = mask(rule);
      if (fits !== false) set.addAll(this.#peersOf(rule), fits === true ? undefined : fits);
    }
    return set;
  }

  #peersOf(rule: CompiledRule): PodSet {
    let set = this.#peers.get(rule);
    if (set === undefined) {
      set = new PodSet(this.#reach.pods.length);
      for (const [index, pod] of this.#reach.pods.entries()) {
        if (rule.peers.length === 0 || rule.peers.some((peer) => peer.matches(pod))) set.add(index);
      }
      this.#peers.set(rule, set);
    }
    return set;
  }

  #destinations(rule: CompiledRule, port: number, protocol: Protocol): PodSet {
    const set = new PodSet(this.#reach.pods.length);
    for (const [index, pod] of this.#reach.pods.entries()) if (coversPort(rule, port, protocol, pod)) set.add(index);
    return set;
  }
}

const coversPort = (rule: CompiledRule, port: number, protocol: Protocol, destination: Endpoint): boolean =>
  rule.ports.length === 0 || rule.ports.some((entry) => portMatches(entry, port, protocol, destination.pod));
