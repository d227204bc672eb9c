/** The k6 modules by import specifier, one line each. */
import type { ModuleFactory } from '../runtime/api.ts';
import { cryptoModule } from './crypto.ts';
import { csvModule } from './csv/index.ts';
import { dataModule } from './data.ts';
import { encodingModule } from './encoding.ts';
import { fsModule } from './fs.ts';
import { refusedFactories } from './refused.ts';
import { secretsModule } from './secrets.ts';
import { grpcModule } from './grpc/index.ts';
import { htmlModule } from './html/index.ts';
import { httpModule } from './http/index.ts';
import { streamsModule } from './streams/index.ts';
import { websocketsModule } from './websocket/websockets.ts';
import { wsModule } from './websocket/ws.ts';
import { metricsModule } from './metrics.ts';
import { executionModule } from './execution.ts';
import { k6Module } from './k6.ts';
import { timersModule } from './timers.ts';

export const moduleFactories: Readonly<Record<string, ModuleFactory>> = {
  __proto__: null as never,
  'k6/timers': timersModule,
  k6: k6Module,
  'k6/execution': executionModule,
  'k6/crypto': cryptoModule,
  'k6/data': dataModule,
  'k6/encoding': encodingModule,
  'k6/html': htmlModule,
  'k6/http': httpModule,
  'k6/net/grpc': grpcModule,
  'k6/secrets': secretsModule,
  'k6/websockets': websocketsModule,
  'k6/ws': wsModule,
  'k6/experimental/csv': csvModule,
  'k6/experimental/fs': fsModule,
  'k6/experimental/streams': streamsModule,
  'k6/experimental/websockets': websocketsModule,
  'k6/metrics': metricsModule,
  ...refusedFactories,
};
