/** Is the target there, before any load goes to it? And was it the same one all the time? */
import dns from 'node:dns';
import http, { type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { isMetadata } from '../config/hosts.ts';
import { LoadError, messageOf, systemCode } from '../errors.ts';
import { redactUrl } from '../config/redact.ts';
import { proxyVariable, throughProxy } from './proxy.ts';

const timeoutMs = 10_000;
const longestBody = 1 << 20;

export interface TargetHealth {
  readonly version: string | null;
  /** Seconds since the target started, if it says. */
  readonly uptime: number | null;
  /** Monotonic milliseconds of the answer. */
  readonly at: number;
}

/**
 * Asks for /health. Any HTTP answer will do: judging it is the load's work.
 * @throws LoadError target.unreachable, target.tls
 */
export async function probeTarget(baseUrl: string, stop: AbortSignal): Promise<TargetHealth> {
  let answer: Answer;
  try {
    answer = await get(`${baseUrl}/health`, stop);
  } catch (error) {
    throw unreachable(baseUrl, error);
  }
  const body = parse(answer.body);
  return {
    version: typeof body['version'] === 'string' ? body['version'] : null,
    uptime: typeof body['uptime'] === 'number' ? body['uptime'] : null,
    at: performance.now(),
  };
}

/**
 * The text of the metrics endpoint.
 * @throws LoadError target.unreachable, target.tls when there are no metrics at that address
 */
export async function fetchMetrics(metricsUrl: string, stop?: AbortSignal): Promise<string> {
  const url = `${metricsUrl}/metrics`;
  let answer: Answer;
  try {
    answer = await get(url, stop ?? new AbortController().signal);
  } catch (error) {
    throw unreachable(url, error);
  }
  if (answer.status === 200) return answer.body;
  throw new LoadError('target.unreachable', `${redactUrl(url)} answers with status ${answer.status}`, {
    hint: 'Check GRAVL_METRICS_URL: the address whose /metrics is Prometheus text.',
  });
}

/** Whether the target started anew between two probes; null when it does not say its uptime. */
export function restarted(before: TargetHealth, after: TargetHealth | undefined): boolean | null {
  if (before.uptime === null || after?.uptime == null) return null;
  // A second of tolerance: some targets round their uptime.
  return after.uptime + 1 < before.uptime + (after.at - before.at) / 1000;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function get(url: string, stop: AbortSignal): Promise<Answer> {
  const client = url.startsWith('https:') ? https : http;
  const timeout = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([timeout, stop]);
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(timeout.aborted ? new Error(`no answer within ${timeoutMs / 1000} s`) : error);
    const proxied = throughProxy(url, process.env);
    const headers = { 'user-agent': 'gravl-load', ...(proxied?.headers as OutgoingHttpHeaders | undefined) };
    // A proxy looks the name up itself.
    const way = proxied ?? { agent: false as const, lookup };
    const request = client.get(url, { ...way, signal, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (body.length < longestBody) body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', fail);
    });
    request.on('error', fail);
  });
}

/** A name may lead where no load may go. */
const lookup: LookupFunction = (hostname, options, done) => {
  dns.lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) {
      done(error, '', 0);
      return;
    }
    const [first] = addresses;
    const forbidden = addresses.find(({ address }) => isMetadata(address));
    if (forbidden !== undefined) {
      done(new MetadataError(`${hostname} is ${forbidden.address}, the metadata service of a cloud`), '', 0);
    } else if (first === undefined) {
      done(new Error('the host name has no address'), '', 0);
    } else if (options.all === true) done(null, addresses);
    else done(null, first.address, first.family);
  });
};

class MetadataError extends Error {}

function unreachable(url: string, error: unknown): LoadError {
  if (error instanceof LoadError) return error;
  if (error instanceof MetadataError) {
    return new LoadError('plan.refused', `${error.message}: no load is ever sent there`, { cause: error });
  }
  const code = systemCode(error) ?? '';
  const proxied = throughProxy(url, process.env) !== undefined;
  const shown = `${redactUrl(url)}${proxied ? ` (through the proxy of ${proxyVariable(url)})` : ''}`;
  if (/CERT|TLS|SSL|EPROTO|VERIFY|SELF_SIGNED/.test(code)) {
    return new LoadError('target.tls', `${shown}: ${messageOf(error)} (${code})`, { cause: error });
  }
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'the connection was refused: nothing listens there',
    ENOTFOUND: 'the host name is unknown',
    EAI_AGAIN: 'the host name could not be looked up',
    ECONNRESET: 'the connection was reset',
    ETIMEDOUT: 'the connection timed out',
    EHOSTUNREACH: 'there is no route to the host',
    ENETUNREACH: 'there is no route to the network',
  };
  return new LoadError('target.unreachable', `${shown} cannot be reached: ${reasons[code] ?? messageOf(error)}`, {
    cause: error,
  });
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
