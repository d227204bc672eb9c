/**
 * Packages that only some scripts need, loaded when first asked for: each takes longer to load than the engine itself.
 * Call operations answer at once, so this cannot be `import()`.
 */
import { createRequire } from 'node:module';
import type grpc from '@grpc/grpc-js';
import type protobuf from 'protobufjs';
import type descriptor from 'protobufjs/ext/descriptor.js';
import type protojson from 'protobufjs/ext/protojson.js';
import type WebSocket from 'ws';

const require = createRequire(import.meta.url);

export const grpcPackage = once(() => require('@grpc/grpc-js') as typeof grpc);
export const protobufPackage = once(() => require('protobufjs') as typeof protobuf);
/** Adds `Root.fromDescriptor` to protobufjs. */
export const descriptorPackage = once(() => {
  protobufPackage();
  return require('protobufjs/ext/descriptor.js') as typeof descriptor;
});
export const protojsonPackage = once(() => require('protobufjs/ext/protojson.js') as typeof protojson);
export const wsPackage = once(() => require('ws') as typeof WebSocket);

function once<T>(load: () => T): () => T {
  let loaded: T | undefined;
  return () => (loaded ??= load());
}
