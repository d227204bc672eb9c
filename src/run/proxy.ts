/** HTTP_PROXY, HTTPS_PROXY and NO_PROXY for our own questions to the target: the load goes the same way. */
import type { RequestOptions } from 'node:http';
import net from 'node:net';
import { HttpsProxyAgent } from 'hpagent';
import { hostOf } from '../config/hosts.ts';
import { LoadError } from '../errors.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** The variable that names the proxy for an address of that scheme. */
export const proxyVariable = (address: string): string => (address.startsWith('https:') ? 'HTTPS_PROXY' : 'HTTP_PROXY');

/**
 * What a request needs to go through the proxy; undefined when none is for that address.
 * @throws LoadError config.invalid for a proxy whose address is none
 */
export function throughProxy(address: string, env: Variables): RequestOptions | undefined {
  const url = new URL(address);
  const name = proxyVariable(address);
  const given = env[name] ?? env[name.toLowerCase()] ?? '';
  const text = given === '' || given.includes('://') ? given : `http://${given}`;
  if (text === '' || goesRound(hostOf(address), env['NO_PROXY'] ?? env['no_proxy'] ?? '')) return undefined;
  // The text itself may hold a password.
  if (!isAddress(text)) {
    throw new LoadError('config.invalid', `the variable ${name} is no address of a proxy`, {
      hint: 'Set it to something like http://proxy.example:3128 (SOCKS is not supported), or unset it.',
    });
  }
  const proxy = new URL(text);
  if (url.protocol === 'https:') return { agent: new HttpsProxyAgent({ proxy: text, keepAlive: false }) };
  const { username, password } = proxy;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return {
    hostname: hostOf(text),
    port: proxy.port === '' ? 80 : Number(proxy.port),
    // A proxy takes the whole address, and no credentials of the target in it.
    path: `${url.origin}${url.pathname}${url.search}`,
    headers: {
      host: url.host,
      ...(username === '' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
    },
  };
}

function isAddress(text: string): boolean {
  try {
    const { protocol, username, password } = new URL(text);
    decodeURIComponent(username + password);
    return /^https?:$/.test(protocol);
  } catch {
    return false;
  }
}

/** Loopback never goes through a proxy, nor what the list names: hosts, their subdomains, ranges, or `*`. */
function goesRound(host: string, list: string): boolean {
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return true;
  return list
    .split(',')
    .map((item) => item.trim().toLowerCase())
    .some((item) => {
      if (item === '*' || item === host) return true;
      const [range = '', bits] = item.split('/');
      if (bits !== undefined && net.isIP(range) !== 0 && net.isIP(host) === net.isIP(range)) {
        const family = net.isIPv6(range) ? 'ipv6' : 'ipv4';
        const block = new net.BlockList();
        block.addSubnet(range, Number(bits), family);
        return block.check(host, family);
      }
      const suffix = item.replace(/^\*?\.?/, '.').replace(/:\d+$/, '');
      return suffix !== '.' && host.endsWith(suffix);
    });
}
