/** Proxies named by the environment, by the rules of Go's net/http. */
import net from 'node:net';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import { ErrorCode, ExchangeError } from './errors.ts';
import { parseHead } from './head.ts';
import { type Target, targetOf } from './target.ts';

export interface Proxy {
  readonly hostname: string;
  readonly port: string;
  /** Proxy-Authorization, empty without credentials. */
  readonly authorization: string;
}

/** Of a proxy that is asked for a way through. */
const MAX_ANSWER = 1 << 16;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Finds the proxy of a request. Undefined when the environment names none at all.
 * @throws EngineError for a variable that is no address
 */
export function proxiesFrom(env: Env): ((target: Target) => Proxy | undefined) | undefined {
  const http = proxyIn(env, 'HTTP_PROXY');
  const https = proxyIn(env, 'HTTPS_PROXY');
  if (http === undefined && https === undefined) return undefined;
  const excluded = (env['NO_PROXY'] ?? env['no_proxy'] ?? '').split(',').map((item) => item.trim().toLowerCase());
  const bypass = excluded.filter((item) => item !== '').map(bypassRule);
  return (target) => {
    const proxy = target.secure ? https : http;
    if (proxy === undefined) return undefined;
    const host = target.hostname.toLowerCase();
    if (host === 'localhost' || (net.isIP(host) !== 0 && isLoopback(host))) return undefined;
    return bypass.some((matches) => matches(host, target.port)) ? undefined : proxy;
  };
}

/** Asks the proxy for a way through to the target's port. */
export function tunnel(
  socket: net.Socket,
  target: Target,
  proxy: Proxy,
  done: (error: ExchangeError | undefined) => void,
): void {
  const to =
    net.isIP(target.hostname) === 6 ? `[${target.hostname}]:${target.port}` : `${target.hostname}:${target.port}`;
  const authorization = proxy.authorization === '' ? '' : `Proxy-Authorization: ${proxy.authorization}\r\n`;
  let text = '';
  const onData = (bytes: Buffer): void => {
    text += bytes.toString('latin1');
    const end = text.indexOf('\r\n\r\n');
    if (end < 0 && text.length < MAX_ANSWER) return;
    socket.off('data', onData);
    socket.pause();
    try {
      if (end < 0) throw new Error('the proxy answers without end');
      const head = parseHead(text.slice(0, end + 2));
      const reason = text.slice(text.indexOf(' ', text.indexOf(' ') + 1) + 1, text.indexOf('\r\n'));
      done(head.status === 200 ? undefined : new ExchangeError(ErrorCode.generic, reason));
    } catch (error) {
      done(new ExchangeError(ErrorCode.generic, (error as Error).message));
    }
  };
  socket.on('data', onData);
  socket.write(`CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\n${authorization}\r\n`);
}

function proxyIn(env: Env, name: string): Proxy | undefined {
  try {
    return proxyOf(env[name] ?? env[name.toLowerCase()]);
  } catch (error) {
    // The text itself may hold a password.
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError(`the variable ${name} is no address of a proxy: ${reason}`, ExitCode.invalidConfig);
  }
}

function proxyOf(text: string | undefined): Proxy | undefined {
  if (text === undefined || text === '') return undefined;
  const { hostname, url, user, password } = targetOf(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  const port = /:(\d+)$/.exec(url.host)?.[1] ?? (url.scheme === 'https' ? '443' : '80');
  const authorization = user === undefined ? '' : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  return { hostname, port, authorization };
}

function bypassRule(item: string): (host: string, port: string) => boolean {
  if (item === '*') return () => true;
  const [range = '', bits] = item.split('/');
  if (bits !== undefined && net.isIP(range) !== 0) {
    const list = new net.BlockList();
    const family = net.isIP(range) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(range, Number(bits), family);
    return (host) => net.isIP(host) !== 0 && list.check(host, net.isIP(host) === 6 ? 'ipv6' : 'ipv4');
  }
  const match = /^(.*?)(?::(\d+))?$/.exec(item);
  const name = (match?.[1] ?? item).replace(/^\*/, '');
  const wanted = match?.[2];
  return (host, port) => {
    if (wanted !== undefined && wanted !== port) return false;
    return name.startsWith('.') ? host.endsWith(name) : host === name || host.endsWith(`.${name}`);
  };
}

function isLoopback(ip: string): boolean {
  return ip === '::1' || ip.startsWith('127.');
}
