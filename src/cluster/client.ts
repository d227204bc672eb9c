/** Requests to a Kubernetes API server: kubeconfig, answers, log streams; every failure is one clear error. */
import { once } from 'node:events';
import { request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type * as kubernetes from '@kubernetes/client-node';
import { LoadError, messageOf, systemCode } from '../errors.ts';

/** Loaded when a cluster is opened: it takes longer than all the rest of the command line together. */
const load = createRequire(import.meta.url);

const timeoutMs = 30_000;
/** A reading request is repeated when the connection failed: an API server that restarts is away for seconds. */
const retryPausesMs = [250, 1000, 2000];

export interface Answer {
  readonly status: number;
  /** The JSON document; the text when it is none. */
  readonly body: unknown;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Cluster {
  readonly context: string;
  readonly server: string;
  /** @throws LoadError cluster.unreachable, cluster.config */
  get(path: string): Promise<Answer>;
  /**
   * Sends once, never repeated.
   * @throws LoadError cluster.unreachable, cluster.config
   */
  send(method: Method, path: string, body?: unknown, contentType?: string): Promise<Answer>;
  /**
   * Lines of an answer that grows, until it ends or `signal` aborts.
   * @throws LoadError cluster.unreachable, cluster.refused
   */
  lines(path: string, signal: AbortSignal): AsyncGenerator<string>;
}

/**
 * @param kubeconfig a file; undefined: KUBECONFIG or ~/.kube/config
 * @throws LoadError cluster.config when the context cannot be used
 */
export function openCluster(context: string, kubeconfig?: string): Cluster {
  const { KubeConfig } = load('@kubernetes/client-node') as typeof kubernetes;
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    throw new LoadError('cluster.config', `the kubeconfig cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const names = config.getContexts().map(({ name }) => name);
  if (!names.includes(context)) {
    throw new LoadError(
      'cluster.config',
      `the kubeconfig has no context "${context}"; it has: ${names.join(', ') || 'none'}`,
    );
  }
  config.setCurrentContext(context);
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || !URL.canParse(server)) {
    throw new LoadError('cluster.config', `the context "${context}" names no cluster with a server address`);
  }
  // `kubectl proxy` speaks HTTP; the library takes that only of a cluster that skips what HTTP has not.
  config.clusters = config.clusters.map((one) =>
    one.server.startsWith('http:') ? { ...one, skipTLSVerify: true } : one,
  );
  const connection = { config, server };
  return {
    context,
    server,
    get: (path) => retried(() => exchange(connection, 'GET', path)),
    send: (method, path, body, contentType) => exchange(connection, method, path, body, contentType),
    lines: (path, signal) => lines(connection, path, signal),
  };
}

interface Connection {
  readonly config: kubernetes.KubeConfig;
  readonly server: string;
}

async function retried(attempt: () => Promise<Answer>): Promise<Answer> {
  for (const pause of retryPausesMs) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof LoadError) || error.code !== 'cluster.unreachable') throw error;
      // A name that does not exist and a certificate that is not trusted stay as they are.
      const passing = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(systemCode(error.cause) ?? '');
      if (!passing) throw error;
    }
    await delay(pause);
  }
  return attempt();
}

async function exchange(
  connection: Connection,
  method: Method,
  path: string,
  body?: unknown,
  contentType = 'application/json',
): Promise<Answer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const head: Record<string, string> = text === undefined ? {} : { 'content-type': contentType };
  const { sent, url } = await open(connection, method, path, head);
  try {
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    sent.end(text);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const answer = await readAll(response);
    return { status: response.statusCode ?? 0, body: parsed(answer) };
  } catch (error) {
    throw unreachable(url, error);
  }
}

async function* lines(connection: Connection, path: string, signal: AbortSignal): AsyncGenerator<string> {
  const { sent, url } = await open(connection, 'GET', path, {});
  const end = (): void => void sent.destroy();
  signal.addEventListener('abort', end, { once: true });
  try {
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    if (response.statusCode !== 200) {
      const body = parsed(await readAll(response));
      throw new LoadError(
        'cluster.refused',
        `${path.split('?')[0] ?? path}: ${reasonOf(response.statusCode ?? 0, body)}`,
      );
    }
    const reader = createInterface({ input: response, crlfDelay: Infinity });
    let failure: Error | undefined;
    response.once('error', (error: Error) => (failure = error));
    for await (const line of reader) yield line;
    // readline swallows the end of a broken connection; a log that was cut off is not a log that ended.
    if (failure !== undefined || !response.complete) throw failure ?? new Error('the connection was cut off');
  } catch (error) {
    if (signal.aborted) return;
    throw error instanceof LoadError ? error : unreachable(url, error);
  } finally {
    signal.removeEventListener('abort', end);
    sent.destroy();
  }
}

async function open(
  { config, server }: Connection,
  method: Method,
  path: string,
  head: Readonly<Record<string, string>>,
): Promise<{ sent: ClientRequest; url: URL }> {
  // A server address may have a path of its own, as proxies of clusters do.
  const url = new URL(`${server.replace(/\/+$/, '')}${path}`);
  const options: RequestOptions = { method, headers: { accept: 'application/json', ...head } };
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new LoadError('cluster.config', `the credentials of the context cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const send = url.protocol === 'http:' ? plainRequest : request;
  return { sent: send(url, options), url };
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string): unknown {
  if (!text.startsWith('{')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error('its answer is no JSON; is that a Kubernetes API server?');
  }
}

const unreachable = (url: URL, error: unknown): LoadError =>
  new LoadError('cluster.unreachable', `the API server at ${url.origin} cannot be reached: ${messageOf(error)}`, {
    cause: error,
  });

/** What the API server says of a refusal, in one line. */
export function reasonOf(status: number, body: unknown): string {
  const message = typeof body === 'object' && body !== null && 'message' in body ? body.message : undefined;
  if (typeof message === 'string' && message !== '') return message;
  if (status === 401) return 'the credentials were not accepted (401)';
  return `status ${status}`;
}
