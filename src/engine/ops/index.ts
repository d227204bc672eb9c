/** Handlers of the host operations, by name: one line a family. */
import type { OpHandlers } from '../contracts/host.ts';
import * as crypto from './crypto.ts';
import * as sharedData from './shared-data.ts';
import { sleep } from './sleep.ts';
import * as webcrypto from './webcrypto.ts';
import * as websocket from './websocket.ts';

export const opHandlers: OpHandlers = {
  async: { sleep, webcrypto: webcrypto.subtle, 'ws.connect': websocket.connect, 'ws.next': websocket.next },
  call: {
    'crypto.hash': crypto.hash,
    'crypto.randomBytes': crypto.random,
    'data.shared.define': sharedData.define,
    'data.shared.get': sharedData.get,
    'data.shared.length': sharedData.length,
    'webcrypto.release': webcrypto.release,
    'ws.buffered': websocket.buffered,
    'ws.close': websocket.close,
    'ws.ping': websocket.ping,
    'ws.send': websocket.send,
  },
};
