/** What passes between an engine thread that stands still and its I/O thread; values in the encoding of `bridge/wire.ts`. */
import type { MessagePort } from 'node:worker_threads';
import type { StoredCookie } from '../../http/cookies.ts';
import type { Options } from '../../options/types.ts';
import type { Bell, ChannelMemory } from '../bridge/channel.ts';

/** What the I/O thread is started with. */
export interface SyncIoInput {
  readonly options: Options;
  readonly wantedTags: readonly string[] | undefined;
  readonly memory: ChannelMemory;
  readonly bell: Bell;
  readonly port: MessagePort;
}

export interface Jar {
  readonly jar: number;
  readonly cookies: readonly StoredCookie[];
}

/** One frame asks for one operation. */
export interface SyncCall {
  readonly vu: number;
  /** How many iterations the VU has begun: what ends with one ends there too. */
  readonly iteration: number;
  readonly op: string;
  readonly arg: unknown;
  /** The cookies it may need. */
  readonly jars: readonly Jar[];
}

/** The records of an answer: what happened, in order, then a {@link SyncResult}. */
export const SyncRecord = {
  /** A metric's id, and what it is. */
  metric: 1,
  sample: 2,
  log: 3,
  result: 4,
} as const;

export interface SyncResult {
  readonly outcome: unknown;
  /** The cookies afterwards. */
  readonly jars: readonly Jar[];
  /** Bytes it took. */
  readonly sent: number;
  readonly received: number;
}
