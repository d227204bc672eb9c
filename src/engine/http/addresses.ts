/** Which addresses a host name stands for: the options hosts, allow- and blockHostnames, blacklistIPs, dns, localIPs. */
import dns from 'node:dns';
import net from 'node:net';
import { ErrorCode, ExchangeError, noSuchHost } from './errors.ts';
import { AllowedHosts, HostPatterns, invalidOption } from './host-patterns.ts';
import type { HttpOptions } from './options.ts';

export interface Address {
  readonly ip: string;
  readonly port: number;
}

interface Answer {
  readonly ips: readonly string[];
  readonly expires: number;
  next: number;
}

type Done = (error: ExchangeError | undefined, address: Address) => void;

const NOWHERE: Address = { ip: '', port: 0 };

/** One per thread: DNS answers are shared by its VUs. */
export class Resolver {
  readonly #options: HttpOptions;
  readonly #hosts: HostPatterns<string>;
  readonly #blocked: HostPatterns<string>;
  readonly #allowed: AllowedHosts | undefined;
  readonly #blacklist: readonly (readonly [range: string, list: net.BlockList])[];
  readonly #answers = new Map<string, Answer>();
  readonly #asking = new Map<string, ((answer: Answer | ExchangeError) => void)[]>();

  constructor(options: HttpOptions) {
    this.#options = options;
    for (const [name, address] of Object.entries(options.hosts)) {
      const { ip, port = 0 } = splitAddress(address);
      if (net.isIP(ip) === 0 || port > 65535)
        throw invalidOption(`the option hosts maps ${name} to '${address}': write an IP address, or one with a port`);
    }
    this.#hosts = new HostPatterns(Object.entries(options.hosts));
    this.#blocked = new HostPatterns(options.blockHostnames.map((pattern) => [pattern, pattern]));
    this.#allowed = options.allowHostnames.length === 0 ? undefined : new AllowedHosts(options.allowHostnames);
    this.#blacklist = options.blacklistIPs.map((range) => [range, rangeList(range)]);
  }

  /** Why no request may go to that host, also not through a proxy; undefined when it may. */
  refusal(hostname: string): ExchangeError | undefined {
    if (this.#allowed?.has(hostname) !== false) return undefined;
    const message = `hostname (${hostname}) is not one of those that may be called (allowHostnames)`;
    return new ExchangeError(ErrorCode.blockedHost, 'hostname is blocked', message);
  }

  /** `done` may be called at once. */
  resolve(hostname: string, port: string, done: Done): void {
    const pattern = this.#blocked.find(hostname);
    if (pattern !== undefined) {
      const message = `hostname (${hostname}) is in a blocked pattern (${pattern})`;
      done(new ExchangeError(ErrorCode.blockedHost, 'hostname is blocked', message), NOWHERE);
      return;
    }
    if (Number(port) > 65535) {
      done(new ExchangeError(ErrorCode.dial, `dial tcp: address ${port}: invalid port`), NOWHERE);
      return;
    }
    const mapped = this.#hosts.find(`${hostname}:${port}`) ?? this.#hosts.find(hostname);
    if (mapped !== undefined) {
      const { ip, port: to } = splitAddress(mapped);
      this.#finish({ ip, port: to ?? Number(port) }, done);
    } else if (net.isIP(hostname) !== 0) {
      this.#finish({ ip: hostname, port: Number(port) }, done);
    } else {
      this.#lookup(hostname, (answer) => {
        if (answer instanceof ExchangeError) done(answer, NOWHERE);
        else this.#finish({ ip: this.#select(answer), port: Number(port) }, done);
      });
    }
  }

  #finish(address: Address, done: Done): void {
    const family = net.isIP(address.ip) === 6 ? 'ipv6' : 'ipv4';
    for (const [range, list] of this.#blacklist) {
      if (!list.check(address.ip, family)) continue;
      const message = `IP (${address.ip}) is in a blacklisted range (${range})`;
      done(new ExchangeError(ErrorCode.blockedIp, 'ip is blacklisted', message), NOWHERE);
      return;
    }
    done(undefined, address);
  }

  #lookup(hostname: string, done: (answer: Answer | ExchangeError) => void): void {
    const known = this.#answers.get(hostname);
    if (known !== undefined && known.expires > performance.now()) {
      done(known);
      return;
    }
    const waiting = this.#asking.get(hostname);
    if (waiting !== undefined) {
      waiting.push(done);
      return;
    }
    const all = [done];
    this.#asking.set(hostname, all);
    dns.lookup(hostname, { all: true, verbatim: true }, (error, addresses) => {
      this.#asking.delete(hostname);
      const ips = error === null ? this.#pick(addresses) : [];
      const answer = ips.length === 0 ? lookupError(hostname, error) : { ips, expires: this.#expiry(), next: 0 };
      if (!(answer instanceof ExchangeError)) this.#answers.set(hostname, answer);
      for (const each of all) each(answer);
    });
  }

  #expiry(): number {
    return performance.now() + this.#options.dns.ttl;
  }

  #pick(addresses: readonly dns.LookupAddress[]): string[] {
    const of = (family: number): string[] => addresses.filter((a) => a.family === family).map((a) => a.address);
    const four = of(4);
    const six = of(6);
    switch (this.#options.dns.policy) {
      case 'onlyIPv4':
        return four;
      case 'onlyIPv6':
        return six;
      case 'preferIPv4':
        return four.length > 0 ? four : six;
      case 'preferIPv6':
        return six.length > 0 ? six : four;
      case 'any':
        return addresses.map((a) => a.address);
    }
  }

  #select(answer: Answer): string {
    const { ips } = answer;
    let index = 0;
    if (this.#options.dns.select === 'random') index = Math.floor(Math.random() * ips.length);
    else if (this.#options.dns.select === 'roundRobin') index = answer.next++ % ips.length;
    return ips[index] ?? '';
  }
}

function lookupError(hostname: string, error: NodeJS.ErrnoException | null): ExchangeError {
  if (error === null || error.code === 'ENOTFOUND') return noSuchHost(hostname);
  const reason = error.code === 'EAI_AGAIN' ? 'Temporary failure in name resolution' : error.message;
  return new ExchangeError(ErrorCode.dns, `lookup: ${reason}`, `dial tcp: lookup ${hostname}: ${reason}`);
}

/** Whether `ip` is an address and `bits`, where given, can be the length of its prefix. */
function isBlock(ip: string, bits: string | undefined): boolean {
  return (
    net.isIP(ip) !== 0 &&
    (bits === undefined || (/^\d+$/.test(bits) && Number(bits) <= (net.isIP(ip) === 4 ? 32 : 128)))
  );
}

function rangeList(range: string): net.BlockList {
  const list = new net.BlockList();
  const [ip = '', bits] = range.split('/');
  if (!isBlock(ip, bits)) throw invalidOption(`the option blacklistIPs has an invalid CIDR address: ${range}`);
  const family = net.isIP(ip) === 6 ? 'ipv6' : 'ipv4';
  if (bits === undefined) list.addAddress(ip, family);
  else list.addSubnet(ip, Number(bits), family);
  return list;
}

/** `ip`, `ip:port`, `[ipv6]` or `[ipv6]:port`. */
function splitAddress(text: string): { ip: string; port: number | undefined } {
  if (net.isIP(text) !== 0) return { ip: text, port: undefined };
  const match = /^\[?(.*?)\]?(?::(\d+))?$/.exec(text);
  return { ip: match?.[1] ?? text, port: match?.[2] === undefined ? undefined : Number(match[2]) };
}

/** The option localIPs: addresses, ranges `a-b` and CIDR blocks; VUs take them in turn. */
export class LocalAddresses {
  readonly #ranges: { readonly first: bigint; readonly size: bigint; readonly family: 4 | 6 }[] = [];
  readonly #size: bigint;

  constructor(text: string) {
    for (const part of text.split(',').map((item) => item.trim())) {
      const [from = '', to] = part.split('-');
      const [ip = '', bits] = from.split('/');
      const family = net.isIP(ip) === 6 ? 6 : 4;
      if (!isBlock(ip, bits) || (to !== undefined && net.isIP(to) !== family))
        throw invalidOption(
          `the option localIPs has '${part}': write IP addresses, ranges a-b of them, or CIDR blocks`,
        );
      let first = toNumber(ip, family);
      let size = to === undefined ? 1n : toNumber(to, family) - first + 1n;
      if (bits !== undefined) {
        size = 1n << BigInt((family === 4 ? 32 : 128) - Number(bits));
        first = (first / size) * size;
        // Network and broadcast addresses are no hosts.
        if (family === 4 && size > 2n) {
          first += 1n;
          size -= 2n;
        }
      }
      this.#ranges.push({ first, size, family });
    }
    this.#size = this.#ranges.reduce((sum, range) => sum + range.size, 0n);
  }

  /** @param vu one-based */
  of(vu: number): string {
    let index = BigInt(Math.max(vu - 1, 0)) % this.#size;
    for (const { first, size, family } of this.#ranges) {
      if (index < size) return fromNumber(first + index, family);
      index -= size;
    }
    return '';
  }
}

function toNumber(ip: string, family: 4 | 6): bigint {
  if (family === 4) return ip.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = '', tail] = ip.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const middle = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...middle, ...right].reduce((sum, part) => sum * 65536n + BigInt(`0x${part}`), 0n);
}

function fromNumber(value: bigint, family: 4 | 6): string {
  const [count, base] = family === 4 ? [4, 256n] : [8, 65536n];
  const parts: string[] = [];
  for (let i = 0, rest = value; i < count; i++, rest /= base)
    parts.unshift((rest % base).toString(family === 4 ? 10 : 16));
  return parts.join(family === 4 ? '.' : ':');
}
