/**
 * Packages that only some scripts need, loaded when first asked for: each takes longer to load than the engine itself.
 * Call operations answer at once, so this cannot be `import()`.
 */
import { createRequire } from 'node:module';
import type grpc from '@grpc/grpc-js';
import type protobuf from 'protobufjs';
import type WebSocket from 'ws';

const require = createRequire(import.meta.url);

export const grpcPackage = once(() => require('@grpc/grpc-js') as typeof grpc);
export const protobufPackage = once(() => require('protobufjs') as typeof protobuf);
export const wsPackage = once(() => require('ws') as typeof WebSocket);

function once<T>(load: () => T): () => T {
  let loaded: T | undefined;
  return () => (loaded ??= load());
}
