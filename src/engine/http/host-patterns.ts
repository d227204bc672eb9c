/** Patterns of hosts: those of the options hosts, blockHostnames and allowHostnames. */
import net from 'node:net';
import { EngineError, ExitCode } from '../contracts/errors.ts';

/** Host patterns: exact names, `*.domain`, `*`; the longest match wins. */
export class HostPatterns<T> {
  readonly #exact = new Map<string, T>();
  readonly #wild: (readonly [suffix: string, value: T, pattern: string])[] = [];

  constructor(entries: Iterable<readonly [pattern: string, value: T]>) {
    for (const [pattern, value] of entries) {
      const name = pattern.toLowerCase();
      if (name.lastIndexOf('*') > 0)
        throw invalidOption(`invalid hostname pattern '${pattern}': a * can only come first`);
      if (name.startsWith('*')) this.#wild.push([name.slice(1), value, pattern]);
      else this.#exact.set(name, value);
    }
    this.#wild.sort(([a], [b]) => b.length - a.length);
  }

  find(host: string): T | undefined {
    const name = host.toLowerCase();
    return this.#exact.get(name) ?? this.#wild.find(([suffix]) => name.endsWith(suffix))?.[1];
  }
}

/** Stands for names without a dot. */
const dotless = '<local>';

/** The only hosts that a script may reach: names, `*.domain`, addresses, CIDR ranges, and `<local>`. */
export class AllowedHosts {
  readonly #names: HostPatterns<true>;
  readonly #ranges = new net.BlockList();
  readonly #dotless: boolean;

  constructor(patterns: readonly string[]) {
    const names: string[] = [];
    for (const pattern of patterns) {
      const [address = '', bits] = pattern.split('/');
      const family = net.isIPv6(address) ? 'ipv6' : 'ipv4';
      if (net.isIP(address) === 0) names.push(pattern);
      else if (bits === undefined) this.#ranges.addAddress(address, family);
      else this.#ranges.addSubnet(address, Number(bits), family);
    }
    this.#names = new HostPatterns(names.map((name) => [name, true]));
    this.#dotless = names.includes(dotless);
  }

  has(hostname: string): boolean {
    const host = canonical(hostname);
    if (host === undefined) return false;
    if (net.isIP(host) !== 0) return this.#ranges.check(host, net.isIPv6(host) ? 'ipv6' : 'ipv4');
    return this.#names.find(host) !== undefined || (this.#dotless && !host.includes('.'));
  }
}

/** An address in its usual form: `http://2130706433` is one of 127.0.0.1. Undefined for what is no host at all. */
function canonical(hostname: string): string | undefined {
  const written = net.isIPv6(hostname) ? `[${hostname}]` : hostname;
  if (!URL.canParse(`http://${written}`)) return undefined;
  return new URL(`http://${written}`).hostname.replace(/^\[|\]$|\.$/g, '');
}

/** An option that cannot be used; it ends the run before it begins. */
export function invalidOption(message: string): EngineError {
  return new EngineError(message, ExitCode.invalidConfig);
}
