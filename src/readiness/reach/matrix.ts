/**
 * The whole network at once: every pod to every pod on one port. The same rules as {@link Reachability.connect}, as
 * bit sets: a rule's peers are worked out once, not once a pair, so 500 pods and 200 policies take milliseconds.
 */
import {
  both,
  coversPort,
  peerMatch,
  type Answer,
  type CompiledRule,
  type Endpoint,
  type Reachability,
} from './evaluate.ts';
import type { Direction, Pod, Protocol } from './model.ts';

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

/** Pods that match, and pods of which it is not known. */
interface Matches {
  readonly sure: PodSet;
  readonly maybe: PodSet;
}

/** Works out matrices of one network; peers are computed once for all ports. */
export class MatrixBuilder {
  readonly #reach: Reachability;
  readonly #peers = new Map<CompiledRule, Matches>();

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
      this.#allowed(destination, 'ingress', (rule) => coversPort(rule, port, protocol, destination.pod)),
    );
    return {
      pods,
      at(source, destination) {
        const self = pods[source]?.pod;
        if (source === destination && self?.replicated !== true) return 'allowed';
        const egress = answerOf(outgoing[source], destination, self?.hostNetwork);
        return both(egress, answerOf(incoming[destination], source, pods[destination]?.pod?.hostNetwork));
      },
    };
  }

  /** The pods this pod may talk with in one direction; `mask` says for which of them a rule's ports fit. */
  #allowed(self: Endpoint, direction: Direction, mask: (rule: CompiledRule) => PodSet | boolean): Matches {
    const size = this.#reach.pods.length;
    const found = { sure: new PodSet(size), maybe: new PodSet(size) };
    const policies = this.#reach.policiesFor(self)[direction];
    if (policies.length === 0) return { ...found, sure: found.sure.fill() };
    for (const rule of policies.flatMap((policy) => policy.rules[direction] ?? [])) {
      const fits = mask(rule);
      if (fits === false) continue;
      const { sure, maybe } = this.#peersOf(rule);
      found.sure.addAll(sure, fits === true ? undefined : fits);
      found.maybe.addAll(maybe, fits === true ? undefined : fits);
    }
    return found;
  }

  #peersOf(rule: CompiledRule): Matches {
    let found = this.#peers.get(rule);
    if (found === undefined) {
      const size = this.#reach.pods.length;
      found = { sure: new PodSet(size), maybe: new PodSet(size) };
      for (const [index, pod] of this.#reach.pods.entries()) {
        const match = peerMatch(rule, pod);
        if (match === 'yes') found.sure.add(index);
        if (match === 'maybe') found.maybe.add(index);
      }
      this.#peers.set(rule, found);
    }
    return found;
  }

  #destinations(rule: CompiledRule, port: number, protocol: Protocol): PodSet {
    const set = new PodSet(this.#reach.pods.length);
    for (const [index, { pod }] of this.#reach.pods.entries()) {
      if (coversPort(rule, port, protocol, pod)) set.add(index);
    }
    return set;
  }
}

function answerOf(matches: Matches | undefined, other: number, hostNetwork: Pod['hostNetwork']): Answer {
  if (hostNetwork === true) return 'unknown';
  if (matches?.sure.has(other) === true) return 'allowed';
  return matches?.maybe.has(other) === true ? 'unknown' : 'denied';
}
