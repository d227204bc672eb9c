/** What all VUs of one factory share on their engine thread. */
import type { AsyncOp, CallOp, CallOpHandler, LogLevel, OpHandlers, Outcome } from '../contracts/host.ts';
import type { Metric, MetricType, SampleSink, TagSet, TagSpace, ValueKind } from '../contracts/metrics.ts';
import type { ScriptProgram } from '../contracts/script.ts';
import type { Failure } from '../guest/main.ts';
import type { SocketSettings } from '../ops/socket-settings.ts';
import type { StackMapper } from '../script/source-map.ts';

export type LogFields = Readonly<Record<string, string>>;

export interface BuiltinMetrics {
  readonly iterations: Metric;
  readonly iterationDuration: Metric;
  readonly dataSent: Metric;
  readonly dataReceived: Metric;
}

/** Two of these live in a factory: one for loading the script, one, with the run's options and metrics, for its VUs. */
export interface Services {
  readonly program: ScriptProgram;
  readonly env: Readonly<Record<string, string>>;
  readonly freezeEnv: boolean;
  readonly mapper: StackMapper;
  readonly handlers: OpHandlers;
  /** How WebSocket and gRPC reach hosts; absent while loading. */
  readonly network?: SocketSettings;
  readonly tagSpace: TagSpace;
  readonly wantedTags: readonly string[] | undefined;
  readonly samples: SampleSink;
  readonly builtin: BuiltinMetrics;
  /** The memory of the run's counters; of no size while loading. */
  readonly counters: SharedArrayBuffer;
  readonly systemTags: readonly string[];
  /** Run-wide tags. */
  readonly tags: Readonly<Record<string, string>>;
  readonly baseTags: TagSet;
  metric(name: string, type: MetricType, contains: ValueKind): Outcome<Metric>;
  /** Wall-clock milliseconds, from a monotonic clock. */
  now(): number;
  log(level: LogLevel, message: string, fields?: LogFields): void;
}

/** A handler by a name that may have come from another thread. */
export function asyncHandler(handlers: OpHandlers, op: string): OpHandlers['async'][AsyncOp] {
  return handlers.async[op as AsyncOp];
}

export function callHandler(handlers: OpHandlers, op: string): CallOpHandler<CallOp> | undefined {
  return handlers.call[op as CallOp];
}

/** An uncaught failure of the script in the words of k6's log. */
export function describeFailure(mapper: StackMapper, { name, message, stack, inPromise }: Failure): string {
  const prefix = inPromise ? 'Uncaught (in promise) ' : '';
  if (name === '') return prefix + (stack === '' ? message : `${message}\n${mapper.frames(stack)}`);
  return prefix + mapper.describe({ name, message, stack });
}
