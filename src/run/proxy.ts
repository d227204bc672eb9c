/** HTTP_PROXY, HTTPS_PROXY and NO_PROXY for our own questions to the target: the load goes the same way. */
import type { RequestOptions } from 'node:http';
import net from 'node:net';
import { HttpsProxyAgent } from 'hpagent';
import { hostOf } from '../config/hosts.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** What a request needs to go through the proxy; undefined when none is for that address. */
export function throughProxy(address: string, env: Variables): RequestOptions | undefined {
  const url = new URL(address);
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const given = env[name.toUpperCase()] ?? env[name] ?? '';
  const text = given === '' || given.includes('://') ? given : `http://${given}`;
  if (!URL.canParse(text) || goesRound(hostOf(address), env['NO_PROXY'] ?? env['no_proxy'] ?? '')) return undefined;
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
