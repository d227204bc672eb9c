/** A VU as the scheduler sees it: the iteration protocol over a backend, and the samples of an iteration. */
import type { IterationOutcome, Lease, ScenarioContext, Vu } from '../contracts/vu.ts';
import type { GuestScenario } from '../guest/main.ts';
import type { Backend, BackendOutcome, TagState } from './backend.ts';
import { describeFailure, type Services } from './services.ts';
import type { EngineIo } from './vu-io.ts';

export interface EngineVuInput {
  readonly services: Services;
  readonly io: EngineIo;
  readonly backend: Backend;
  readonly idInInstance: number;
  readonly idInTest: number;
  readonly setupData: () => string | undefined;
}

export class EngineVu implements Vu {
  readonly idInInstance: number;
  readonly idInTest: number;
  readonly #input: EngineVuInput;
  /** The scenario run last, and the iterations of it begun so far. */
  #scenario: GuestScenario | undefined;
  #begun = 0;
  /** Iterations begun of scenarios run before it. */
  #earlier: Map<string, number> | undefined;
  #traffic: TrafficMeter;
  #running: { readonly scenario: ScenarioContext; readonly done: (outcome: IterationOutcome) => void } | undefined;

  constructor(input: EngineVuInput) {
    this.#input = input;
    this.idInInstance = input.idInInstance;
    this.idInTest = input.idInTest;
    this.#traffic = new TrafficMeter(input.services, input.io);
  }

  get ahead(): boolean {
    return this.#input.backend.begun !== undefined;
  }

  runIteration(
    scenario: ScenarioContext,
    done: (outcome: IterationOutcome) => void,
    startDelay?: number,
    lease?: Lease,
  ): void {
    const { backend, io, setupData } = this.#input;
    const { name, executor, exec, env, tags, startTime } = scenario;
    const { inInstance, inTest } = scenario.nextIteration(backend.begun);
    const inVu = io.iterations++;
    if (this.#scenario?.name !== name) {
      if (this.#scenario !== undefined) (this.#earlier ??= new Map()).set(this.#scenario.name, this.#begun);
      this.#begun = this.#earlier?.get(name) ?? 0;
      this.#scenario = { name, executor, exec, env, tags, startTime };
    }
    const inScenario = this.#begun++;
    io.scenario = scenario;
    io.startDelay = startDelay;
    this.#running = { scenario, done };
    backend.run(
      {
        stage: 'vu',
        exec,
        data: setupData(),
        scenario: this.#scenario,
        iteration: { inVu, inScenario, inInstance, inTest },
      },
      this.#ended,
      lease,
    );
  }

  revoke(): void {
    this.#input.backend.revoke();
  }

  interrupt(reason: string): void {
    // An iteration that has ended by now is complete; one that ends between this and the end of its thread is not.
    this.#input.backend.catchUp();
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    this.#input.backend.kill();
    this.#traffic.emit(this.#scenarioTags(running.scenario));
    running.done({ kind: 'interrupted', reason });
  }

  dispose(): void {
    this.#running = undefined;
    this.#input.backend.dispose();
    this.#input.io.interrupt();
  }

  readonly #ended = (outcome: BackendOutcome): void => {
    const running = this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    const { services } = this.#input;
    const fields = { executor: running.scenario.executor, scenario: running.scenario.name };
    switch (outcome.kind) {
      case 'died':
        this.#traffic.emit(this.#scenarioTags(running.scenario));
        services.log('error', outcome.message, fields);
        running.done({ kind: 'interrupted', reason: outcome.message });
        return;
      case 'halted':
        this.#emit(outcome, outcome.start, outcome.end);
        this.#input.io.call('exec.abort', { message: outcome.message });
        running.done({ kind: 'interrupted', reason: outcome.message });
        return;
      case 'ended': {
        const { failure, start, end } = outcome.outcome;
        this.#emit(outcome, start, end);
        if (failure === undefined) {
          running.done({ kind: 'done' });
          return;
        }
        const message = describeFailure(services.mapper, failure);
        services.log('error', message, { ...fields, source: 'stacktrace' });
        running.done({ kind: 'threw', message });
      }
    }
  };

  #emit(state: TagState, start: number, end: number): void {
    const { samples, builtin } = this.#input.services;
    samples.add(builtin.iterationDuration, end - start, state.tags, end, state.metadata);
    samples.add(builtin.iterations, 1, state.tags, end, state.metadata);
    this.#traffic.emit(state, end);
  }

  /** What samples of a scenario carry when the script cannot be asked any more. */
  #scenarioTags({ name, tags }: ScenarioContext): TagState {
    const { baseTags, systemTags } = this.#input.services;
    let set = baseTags;
    if (systemTags.includes('scenario')) set = set.with('scenario', name);
    for (const [key, value] of Object.entries(tags)) set = set.with(key, value);
    if (systemTags.includes('group')) set = set.with('group', '');
    return { tags: set, metadata: undefined };
  }
}

/** Turns the growth of a VU's traffic into samples. */
export class TrafficMeter {
  readonly #services: Services;
  readonly #io: EngineIo;
  #sent = 0;
  #received = 0;

  constructor(services: Services, io: EngineIo) {
    this.#services = services;
    this.#io = io;
  }

  /** @param time wall-clock milliseconds */
  emit({ tags, metadata }: TagState, time = this.#services.now()): void {
    const { samples, builtin } = this.#services;
    const { sent, received } = this.#io.traffic;
    samples.add(builtin.dataSent, sent - this.#sent, tags, time, metadata);
    samples.add(builtin.dataReceived, received - this.#received, tags, time, metadata);
    this.#sent = sent;
    this.#received = received;
  }
}
