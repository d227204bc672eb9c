/** Handlers of the host operations, by name: one line a family. */
import type { OpHandlers } from '../contracts/host.ts';
import * as crypto from './crypto.ts';
import * as sharedData from './shared-data.ts';
import { sleep } from './sleep.ts';
import * as webcrypto from './webcrypto.ts';

export const opHandlers: OpHandlers = {
  async: { sleep, webcrypto: webcrypto.subtle },
  call: {
    'crypto.hash': crypto.hash,
    'crypto.randomBytes': crypto.random,
    'data.shared.define': sharedData.define,
    'data.shared.get': sharedData.get,
    'data.shared.length': sharedData.length,
    'webcrypto.release': webcrypto.release,
  },
};
