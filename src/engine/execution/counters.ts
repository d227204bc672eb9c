/** Counts of one instance that every thread of it sees, exact at any time: shared memory and atomics. */

const NAMES = [
  'vusActive',
  'vusInitialized',
  'vusAllocated',
  'iterationsCompleted',
  'iterationsInterrupted',
  'droppedIterations',
  'lateIterations',
] as const;

export type CounterName = (typeof NAMES)[number];

const SLOT: Readonly<Record<CounterName, number>> = Object.fromEntries(
  NAMES.map((name, index) => [name, index]),
) as Record<CounterName, number>;

/** Per scenario: iterations begun, and iterations claimed of the shared ones. */
const PER_SCENARIO = 2;

export class RunCounters {
  /** Handed to the other threads. */
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#cells = new Int32Array(memory);
  }

  static forScenarios(count: number): RunCounters {
    return new RunCounters(new SharedArrayBuffer((NAMES.length + count * PER_SCENARIO) * 4));
  }

  get(name: CounterName): number {
    return Atomics.load(this.#cells, SLOT[name]);
  }

  /** @returns the value before */
  add(name: CounterName, change: number): number {
    return Atomics.add(this.#cells, SLOT[name], change);
  }

  /** Zero-based number of the iteration that begins now, in this instance. */
  nextIteration(scenario: number): number {
    return Atomics.add(this.#cells, NAMES.length + scenario * PER_SCENARIO, 1);
  }

  /** Claims one of `total` shared iterations. */
  takeShared(scenario: number, total: number): boolean {
    return Atomics.add(this.#cells, NAMES.length + scenario * PER_SCENARIO + 1, 1) < total;
  }
}
