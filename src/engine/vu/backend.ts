/** How the engine's side of a VU drives the guest's, wherever that runs. */
import type { GuestCall, GuestOutcome } from '../guest/main.ts';
import type { TagSet } from '../contracts/metrics.ts';
import type { Lease } from '../contracts/vu.ts';
import type { LogFields } from './services.ts';

/** What a VU's samples carry at the end of an iteration. */
export interface TagState {
  readonly tags: TagSet;
  readonly metadata: LogFields | undefined;
}

export type BackendOutcome =
  | ({ readonly kind: 'ended'; readonly outcome: GuestOutcome } & TagState)
  /** The script asked for the end of the test: it stands still and will never go on. */
  | ({ readonly kind: 'halted'; readonly message: string; readonly start: number; readonly end: number } & TagState)
  /** The thread it ran on is gone. */
  | { readonly kind: 'died'; readonly message: string };

export interface Backend {
  /**
   * Runs a function of the script; `done` is called once, unless `kill` comes first.
   * @param lease by which the next iterations may begin without `run`
   */
  run(call: GuestCall, done: (outcome: BackendOutcome) => void, lease?: Lease): void;
  /** Number in the instance of the iteration that has begun by lease; `run` is told of it and does not begin it again. */
  readonly begun: number | undefined;
  /** Ends the lease. */
  revoke(): void;
  /** Takes note of what the script's thread has told so far. */
  catchUp(): void;
  /** Nothing of the script runs any more. The next `run` begins with a new evaluation of the script. */
  kill(): void;
  dispose(): void;
}
