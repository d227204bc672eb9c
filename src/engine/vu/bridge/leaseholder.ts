/** Begins iterations on a VU's own thread, as a lease allows, by the counters that all threads of the run share. */
import type { LeaseTerms } from '../../contracts/vu.ts';
import { RunCounters } from '../../execution/counters.ts';
import { makeSplit, type Split } from '../../executors/segment.ts';
import type { GuestCall } from '../../guest/main.ts';
import { now } from '../../http/clock.ts';
import type { WorkerChannel } from './channel.ts';

interface Holding {
  readonly terms: LeaseTerms;
  readonly numbering: Split;
}

export class Leaseholder {
  readonly #counters: RunCounters;
  readonly #channel: WorkerChannel;
  #call: GuestCall | undefined;
  #holding: Holding | undefined;

  constructor(counters: SharedArrayBuffer, channel: WorkerChannel) {
    this.#counters = new RunCounters(counters);
    this.#channel = channel;
  }

  /** Takes what the engine has sent: the call, and the terms by which others may follow it. */
  accept(call: GuestCall, terms: LeaseTerms | undefined): void {
    this.#call = call;
    if (terms === this.#holding?.terms) return;
    this.#holding = terms && { terms, numbering: makeSplit(terms.numbering) };
  }

  /** The call that follows the last one; undefined when the engine has to be asked. */
  next(): GuestCall | undefined {
    const call = this.#call;
    const holding = this.#holding;
    if (call === undefined || holding === undefined || this.#channel.credits <= 0) return undefined;
    const { scenario, shared, until } = holding.terms;
    if (now() >= until) return undefined;
    if (shared !== undefined && !this.#counters.takeShared(scenario, shared)) return undefined;
    this.#channel.useCredit();
    const inInstance = this.#counters.nextIteration(scenario);
    return (this.#call = {
      stage: call.stage,
      exec: call.exec,
      data: call.data,
      scenario: call.scenario,
      iteration: {
        inVu: call.iteration.inVu + 1,
        inScenario: call.iteration.inScenario + 1,
        inInstance,
        inTest: holding.numbering.global(inInstance),
      },
    });
  }
}
