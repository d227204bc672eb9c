/** Handlers of the host operations, by name: one line a family. */
import type { OpHandlers } from '../contracts/host.ts';
import * as crypto from './crypto.ts';
import * as grpc from './grpc/index.ts';
import * as secrets from './secrets.ts';
import * as sharedData from './shared-data.ts';
import { sleep } from './sleep.ts';
import { turn } from './turn.ts';
import * as webcrypto from './webcrypto.ts';
import * as websocket from './websocket/index.ts';

export const opHandlers: OpHandlers = {
  async: {
    'grpc.connect': grpc.connect,
    'grpc.invoke': grpc.invoke,
    'grpc.next': grpc.next,
    'secrets.get': secrets.get,
    sleep,
    'vu.turn': turn,
    webcrypto: webcrypto.subtle,
    'ws.connect': websocket.connect,
    'ws.next': websocket.next,
  },
  call: {
    'crypto.hash': crypto.hash,
    'crypto.randomBytes': crypto.random,
    'data.shared.define': sharedData.define,
    'data.shared.get': sharedData.get,
    'data.shared.length': sharedData.length,
    'grpc.client': grpc.newClient,
    'grpc.close': grpc.close,
    'grpc.end': grpc.end,
    'grpc.load': grpc.load,
    'grpc.loadProtoset': grpc.loadProtoset,
    'grpc.stream': grpc.stream,
    'grpc.write': grpc.write,
    'secrets.source': secrets.source,
    'webcrypto.release': webcrypto.release,
    'ws.buffered': websocket.buffered,
    'ws.close': websocket.close,
    'ws.ping': websocket.ping,
    'ws.send': websocket.send,
  },
};
