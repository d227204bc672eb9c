/** Which hosts an environment may send load to. */
import net from 'node:net';
import { metadataNames, metadataRanges } from '../suite/metadata.ts';
import type { Environment } from './environments.ts';

const ranges = (list: readonly string[]): net.BlockList => {
  const made = new net.BlockList();
  for (const range of list) {
    const [address = '', bits] = range.split('/');
    made.addSubnet(address, Number(bits), net.isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return made;
};

const metadata = ranges(metadataRanges);
const loopbackRanges = ['127.0.0.0/8', '::1/128'];
const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'];
/** Endings of names that never are of the public net. */
const privateEndings = ['internal', 'local', 'test', 'example', 'invalid', 'home.arpa'].map((name) => `.${name}`);
const loopback = ranges(loopbackRanges);
const privateNetworks = ranges(privateRanges);

const isIn = (list: net.BlockList, address: string): boolean =>
  net.isIP(address) !== 0 && list.check(address, net.isIPv6(address) ? 'ipv6' : 'ipv4');

/** Whether that name or address is one of a cloud's metadata service. */
export const isMetadata = (host: string): boolean =>
  isIn(metadata, host) || metadataNames.includes(host.toLowerCase().replace(/\.$/, ''));

/** The host of an address as the rules here take it: no brackets, no dot at the end. */
export const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$|\.$/g, '');

/** Stands in `hosts` for names and addresses of one's own network. */
export const privateHosts = 'private';

/** Everything the environment names: its own addresses, and its list of hosts. */
export function namedHosts({ baseUrl, metricsUrl, hosts }: Environment): string[] {
  const own = [baseUrl, metricsUrl].flatMap((url) => (url === null ? [] : [hostOf(url)]));
  return [...new Set([...own, ...hosts])];
}

/**
 * Why load on that host is refused; undefined when it is not. This machine itself is always allowed: that is where
 * tunnels to an environment end.
 */
export function refuseHost(
  host: string,
  env: string,
  environments: Readonly<Record<string, Environment>>,
): string | undefined {
  if (isMetadata(host)) return `${host} is the metadata service of a cloud: no load is ever sent there`;
  const environment = environments[env];
  if (environment === undefined || isLoopback(host)) return undefined;
  if (namesHost(environment, host)) return undefined;
  const guarded = Object.entries(environments).find(([, other]) => other.confirm && namesHost(other, host, false));
  if (guarded !== undefined) return `${host} belongs to ${guarded[0]}, not to ${env}`;
  return environment.hosts.includes(privateHosts) && isPrivate(host)
    ? undefined
    : `${env} does not name the host ${host}`;
}

function namesHost(environment: Environment, host: string, patterns = true): boolean {
  return namedHosts(environment).some((name) =>
    patterns && name.startsWith('*.') ? host.endsWith(name.slice(1)) : name === host,
  );
}

/** Whether that is this machine itself. */
export const isLoopback = (host: string): boolean =>
  isIn(loopback, host) || host === 'localhost' || host.endsWith('.localhost');

/** Addresses of private networks, names without a dot, and the endings that never are of the public net. */
const isPrivate = (host: string): boolean =>
  net.isIP(host) === 0
    ? !host.includes('.') || privateEndings.some((ending) => host.endsWith(ending))
    : isIn(privateNetworks, host);

/** What of hosts the engine itself keeps to, whatever a script asks for. */
export interface Reach {
  /** As the option allowHostnames of the embedded engine: nothing else is reached. */
  readonly only: readonly string[];
  /** As k6's blockHostnames and blacklistIPs: hosts of other environments that ask for --yes. For engines without `only`. */
  readonly never: readonly string[];
}

/** @param targets addresses of the run itself, which were found to be allowed */
export function reachOf(
  env: string,
  environments: Readonly<Record<string, Environment>>,
  targets: readonly string[],
): Reach {
  const environment = environments[env];
  const named = environment === undefined ? [] : namedHosts(environment).filter((host) => host !== privateHosts);
  const own = environment?.hosts.includes(privateHosts)
    ? ['<local>', ...privateEndings.map((ending) => `*${ending}`), ...privateRanges]
    : [];
  const guarded = Object.values(environments).filter(({ confirm }) => confirm);
  return {
    only: [...new Set([...targets.map(hostOf), ...named, 'localhost', '*.localhost', ...loopbackRanges, ...own])],
    never: [...new Set(guarded.flatMap(namedHosts))].filter(
      (host) => host !== privateHosts && refuseHost(host, env, environments) !== undefined,
    ),
  };
}
