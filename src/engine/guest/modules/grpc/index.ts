/** k6/net/grpc. */
import type { GrpcMethod, GrpcReply, GrpcStreamEvent } from '../../../ops/grpc/types.ts';
import {
  blocking,
  type GuestContext,
  GoError,
  type ModuleFactory,
  native,
  promiseOf,
  type ScriptFunction,
  startAsync,
} from '../../runtime/api.ts';
import { asText } from '../bytes.ts';
import { callOf, connectOf, protoFiles, protosetFile } from './arguments.ts';
import { HEALTH, STATUS } from './status.ts';

/** As documented for `Params.timeout`. */
const CALL_TIMEOUT = 60_000;
const HEALTH_CHECK = '/grpc.health.v1.Health/Check';

type Pairs = GrpcReply['headers'];

function record(pairs: Pairs): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  const { length } = pairs;
  for (let i = 0; i < length; i++) {
    const name = pairs[i]?.[0] ?? '';
    (values[name] ??= []).push(pairs[i]?.[1] ?? '');
  }
  return values;
}

function responseOf(reply: GrpcReply): object {
  const { status, error, message } = reply;
  return {
    status,
    message: message === undefined ? null : (JSON.parse(message) as unknown),
    headers: record(reply.headers),
    trailers: record(reply.trailers),
    error: status === 0 ? null : { code: status, details: [], message: error },
  };
}

function methodList(methods: readonly GrpcMethod[]): object[] {
  const list: object[] = [];
  for (const method of methods) list.push({ ...method });
  return list;
}

function requestOf(value: unknown): string {
  const json = value == null ? undefined : (JSON.stringify(value) as string | undefined);
  if (json === undefined) throw new GoError('request cannot be nil');
  return json;
}

let idOf: (client: unknown) => number;

/** What needs no context; the calls are added per VU. */
class Client {
  readonly #id: number;
  static {
    idOf = (client) => {
      if (typeof client === 'object' && client !== null && #id in client) return client.#id;
      throw new GoError('a grpc.Client is needed here');
    };
  }
  constructor(id: number) {
    this.#id = id;
  }
}

function refuseInInit(ctx: GuestContext, what: string): void {
  if (ctx.stage === 'init') throw new GoError(`${what} in the init context is not supported`);
}

function clientClass(ctx: GuestContext): new () => object {
  const VuClient = class extends Client {
    constructor() {
      super(ctx.call('grpc.client', undefined));
    }
  };
  Object.defineProperty(VuClient, 'name', { value: 'Client' });

  const invocation = (self: unknown, method: unknown, request: unknown, params: unknown) => {
    refuseInInit(ctx, 'invoking RPC methods');
    return callOf(ctx, idOf(self), method, requestOf(request), params, CALL_TIMEOUT);
  };
  const methods: Record<string, ScriptFunction> = {
    load: native('load', 2, function (importPaths, ...names) {
      if (ctx.stage !== 'init') throw new GoError('load must be called in the init context');
      const paths = Array.isArray(importPaths) ? importPaths.map(asText) : [];
      const files = protoFiles(ctx, paths, names.map(asText));
      return methodList(ctx.call('grpc.load', { client: idOf(this), files }));
    }),
    loadProtoset: native('loadProtoset', 1, function (path) {
      if (ctx.stage !== 'init') throw new GoError('load must be called in the init context');
      const bytes = protosetFile(ctx, asText(path));
      return methodList(ctx.call('grpc.loadProtoset', { client: idOf(this), bytes }));
    }),
    connect: blocking(ctx, 'connect', 2, {
      op: 'grpc.connect',
      prepare(address, params) {
        refuseInInit(ctx, 'connecting to a gRPC server');
        return connectOf(idOf(this), address, params);
      },
      finish: () => true,
    }),
    invoke: blocking(ctx, 'invoke', 3, {
      op: 'grpc.invoke',
      prepare(method, request, params) {
        return invocation(this, method, request, params);
      },
      finish: responseOf,
    }),
    asyncInvoke: native('asyncInvoke', 3, function (method, request, params) {
      try {
        return startAsync(ctx, 'grpc.invoke', invocation(this, method, request, params), responseOf);
      } catch (error) {
        return promiseOf(ctx, () => {
          throw error;
        });
      }
    }),
    healthCheck: blocking(ctx, 'healthCheck', 1, {
      op: 'grpc.invoke',
      prepare(service) {
        return invocation(this, HEALTH_CHECK, { service: service === undefined ? '' : asText(service) }, undefined);
      },
      finish(reply) {
        const response = responseOf(reply) as { message: { status: string } | null };
        return { ...response, Status: response.message?.status ?? HEALTH['HealthCheckUnknown'] };
      },
    }),
    close: native('close', 0, function () {
      ctx.call('grpc.close', idOf(this));
    }),
  };
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(VuClient.prototype, name, { value, writable: true, configurable: true });
  }
  return VuClient;
}

const STREAM_EVENTS = new Set(['data', 'error', 'end']);

function streamClass(ctx: GuestContext): new (...args: never[]) => object {
  return class Stream {
    readonly #id: number;
    readonly #handlers = new Map<string, ScriptFunction[]>();

    constructor(client: unknown, method: unknown, params?: unknown) {
      refuseInInit(ctx, 'opening a gRPC stream');
      this.#id = ctx.call('grpc.stream', callOf(ctx, idOf(client), method, undefined, params, Infinity));
      this.#next();
    }

    on(event: unknown, handler: unknown): void {
      const name = asText(event);
      if (!STREAM_EVENTS.has(name)) throw new GoError(`unknown gRPC stream event "${name}"`);
      if (typeof handler !== 'function') throw new GoError(`a handler for "${name}" must be a function`);
      const known = this.#handlers.get(name);
      if (known) known.push(handler as ScriptFunction);
      else this.#handlers.set(name, [handler as ScriptFunction]);
    }

    write(request: unknown): void {
      ctx.call('grpc.write', { stream: this.#id, request: requestOf(request) });
    }

    end(): void {
      ctx.call('grpc.end', this.#id);
    }

    #next(): void {
      ctx.loop.begin('grpc.next', this.#id, (outcome) => {
        if (outcome.ok) this.#received(outcome.value);
      });
    }

    #received(event: GrpcStreamEvent): void {
      const next = (): void => {
        this.#next();
      };
      if (event.kind === 'data') {
        const value: unknown = event.message === undefined ? undefined : JSON.parse(event.message);
        this.#emit('data', [value, { ts: event.time }], next);
      } else if (event.kind === 'error') {
        this.#emit('error', [{ code: event.code, details: [], message: event.message }], next);
      } else {
        this.#emit('end', []);
      }
    }

    #emit(name: string, args: readonly unknown[], then?: () => void): void {
      const queue = [...(this.#handlers.get(name) ?? [])];
      const step = (index: number): void => {
        const fn = queue[index];
        if (fn) {
          ctx.loop.run(fn, undefined, args, () => {
            step(index + 1);
          });
        } else {
          then?.();
        }
      };
      step(0);
    }
  };
}

export const grpcModule: ModuleFactory = (ctx) => {
  const exports = { Client: clientClass(ctx), Stream: streamClass(ctx), ...STATUS, ...HEALTH };
  return { ...exports, default: exports };
};
