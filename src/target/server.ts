/** The stand-in Gravl backend: the API on one port, its metrics on another. */
import { isIP, type AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import { suiteVersion } from '../config/package.ts';
import { LoadError, messageOf, systemCode } from '../errors.ts';
import { makeBehaviour, type BehaviourOptions } from './behaviour.ts';
import { openCatalogue, type Catalogue, type Query } from './catalogue.ts';
import { equipment, muscles } from './exercises.ts';
import { makeMetrics, type TargetMetrics } from './metrics.ts';

export interface TargetOptions extends BehaviourOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly metricsPort: number;
  readonly databaseUrl?: string | undefined;
}

export interface RunningTarget {
  readonly url: string;
  readonly metricsUrl: string;
  readonly storage: Catalogue['kind'];
  /** Answers what it has accepted, then closes. */
  close(): Promise<void>;
}

const slug = { type: 'string', pattern: '^[a-z0-9-]{1,64}$' };
const querySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    muscle: { type: 'string', enum: muscles },
    equipment: { type: 'string', enum: equipment },
    q: { type: 'string', minLength: 1, maxLength: 64 },
    limit: { type: 'integer', minimum: 1, maximum: 500, default: 500 },
    offset: { type: 'integer', minimum: 0, maximum: 1_000_000, default: 0 },
  },
};

export async function startTarget(options: TargetOptions): Promise<RunningTarget> {
  const catalogue = await openCatalogue(options.databaseUrl);
  const behaviour = makeBehaviour(options);
  const metrics = makeMetrics(behaviour);
  const api = makeApi(catalogue, behaviour, metrics);
  const exporter = fastify({ forceCloseConnections: 'idle' });
  exporter.get('/metrics', async (_, reply) => {
    await reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  const close = async (): Promise<void> => {
    await Promise.all([api.close(), exporter.close()]);
    await catalogue.close();
    metrics.registry.clear();
  };
  try {
    const url = await listen(api, options.host, options.port, '--port');
    const metricsUrl = await listen(exporter, options.host, options.metricsPort, '--metrics-port');
    return { url, metricsUrl, storage: catalogue.kind, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function makeApi(
  catalogue: Catalogue,
  behaviour: ReturnType<typeof makeBehaviour>,
  metrics: TargetMetrics,
): FastifyInstance {
  const startedAt = performance.now();
  let closing = false;
  const api = fastify({
    forceCloseConnections: 'idle',
    // Unknown parameters are the caller's mistake: reject them instead of dropping them.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: true } },
  });

  api.addHook('preHandler', async (_, reply) => {
    if (await behaviour.serve()) return reply.status(500).send({ error: 'injected failure' });
    return undefined;
  });
  api.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    metrics.observe(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    done();
  });
  api.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  // What is in work when the server closes must not leave a connection that keeps it open.
  api.addHook('onSend', (_, reply, payload, done) => {
    if (closing) reply.header('connection', 'close');
    done(null, payload);
  });
  api.setErrorHandler((error, _, reply) => {
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
    const message = status < 500 ? messageOf(error) : 'internal error';
    void reply.status(status).send({ error: message });
  });
  api.setNotFoundHandler((_, reply) => reply.status(404).send({ error: 'not found' }));

  api.get('/health', () => ({
    status: 'ok',
    uptime: (performance.now() - startedAt) / 1000,
    version: suiteVersion,
    storage: catalogue.kind,
  }));
  api.get<{ Querystring: Query }>('/api/exercises', { schema: { querystring: querySchema } }, async (request) => {
    const { limit, offset } = request.query;
    return { ...(await catalogue.find(request.query)), limit, offset };
  });
  api.get<{ Params: { id: string } }>(
    '/api/exercises/:id',
    { schema: { params: { type: 'object', properties: { id: slug } } } },
    async (request, reply) => {
      const exercise = await catalogue.byId(request.params.id);
      return exercise ?? reply.status(404).send({ error: `no exercise "${request.params.id}"` });
    },
  );
  return api;
}

async function listen(server: FastifyInstance, host: string, port: number, optionName: string): Promise<string> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const reasons: Readonly<Record<string, string>> = { EADDRINUSE: 'is taken', EACCES: 'needs more rights' };
    const reason = reasons[systemCode(error) ?? ''] ?? `cannot be used (${messageOf(error)})`;
    throw new LoadError('target.port', `port ${port} on ${host} ${reason} (${optionName})`, { cause: error });
  }
  const address = server.server.address() as AddressInfo;
  const shown = ['0.0.0.0', '::'].includes(host) ? 'localhost' : isIP(host) === 6 ? `[${host}]` : host;
  return `http://${shown}:${address.port}`;
}
