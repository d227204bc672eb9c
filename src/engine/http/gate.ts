/**
 * Paces first connects. A listening socket queues a few hundred connections at most; beyond that the kernel drops the
 * handshake silently and the client tries again a second later, which would read as a server that takes a second to
 * connect. So only so many connections to an address may be new at a time: waiting for the handshake, or for a moment
 * after it, in which the server takes the connection from its queue.
 */
const MAX_NEW = 200;
/** Milliseconds after which a connection no longer counts as new. */
const SETTLING = 20;

interface Gate {
  open: number;
  readonly queue: (() => void)[];
}

export class ConnectGate {
  readonly #gates = new Map<string, Gate>();

  /**
   * Calls `go` when there is room, perhaps at once.
   * @returns to be called once the connection is made or given up; again is harmless
   */
  enter(address: string, go: () => void): () => void {
    let gate = this.#gates.get(address);
    if (gate === undefined) this.#gates.set(address, (gate = { open: 0, queue: [] }));
    const { queue } = gate;
    let state: 'waiting' | 'inside' | 'left' = 'waiting';
    const admit = (): void => {
      state = 'inside';
      go();
    };
    const mine = gate;
    const leave = (): void => {
      if (state === 'waiting') queue.splice(queue.indexOf(admit), 1);
      if (state === 'inside') setTimeout(() => this.#leave(address, mine), SETTLING);
      state = 'left';
    };
    if (gate.open < MAX_NEW) {
      gate.open++;
      state = 'inside';
      // The caller needs the way out before it goes in.
      queueMicrotask(() => {
        if (state === 'inside') go();
      });
    } else queue.push(admit);
    return leave;
  }

  #leave(address: string, gate: Gate): void {
    const next = gate.queue.shift();
    if (next !== undefined) {
      next();
      return;
    }
    if (--gate.open === 0) this.#gates.delete(address);
  }
}
