/** Addresses and blocks of them as numbers, so that one block can be held against another and not only against addresses. */
import { isIP } from 'node:net';

export interface Address {
  readonly version: 4 | 6;
  readonly value: bigint;
}

export interface AddressRange {
  readonly version: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** Undefined for what is no address. An IPv4 address written as IPv6 (`::ffff:10.0.0.1`) is the IPv4 address. */
export function parseAddress(text: string): Address | undefined {
  const version = text.includes('%') ? 0 : isIP(text);
  if (version === 4) {
    return { version, value: text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  }
  if (version !== 6) return undefined;
  // The URL parser writes every form as hexadecimal groups.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  const value = [...left, ...zeros, ...right].reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
  return value >> 32n === 0xffffn ? { version: 4, value: value & 0xffffffffn } : { version, value };
}

/** @throws RangeError naming the CIDR that cannot be read */
export function parseCidr(cidr: string): AddressRange {
  const [text = '', prefix = '', ...rest] = cidr.split('/');
  const address = parseAddress(text);
  const written = text.includes(':') ? 128 : 32;
  const bits = Number(prefix) - (address?.version === 4 ? written - 32 : 0);
  if (address === undefined || rest.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > written || bits < 0) {
    throw new RangeError(`"${cidr}" is not a CIDR; expected an address and a prefix length such as 10.0.0.0/8`);
  }
  const { version, value } = address;
  const size = 1n << BigInt((version === 4 ? 32 : 128) - bits);
  const first = value - (value % size);
  return { version, first, last: first + size - 1n };
}

const covers = (outer: AddressRange, inner: AddressRange): boolean =>
  outer.version === inner.version && outer.first <= inner.first && inner.last <= outer.last;

/** An ipBlock: a CIDR without its exceptions. */
export class AddressBlock {
  readonly #version: 4 | 6;
  /** What is left of the block: apart from each other, ascending. */
  readonly #parts: readonly AddressRange[];
  /** Exceptions that do not lie inside the block: Kubernetes refuses them, and they take nothing out of it. */
  readonly strayExceptions: readonly string[];

  /** @throws RangeError naming the CIDR that cannot be read */
  constructor(cidr: string, except: readonly string[]) {
    const block = parseCidr(cidr);
    const holes = except.map(parseCidr);
    this.#version = block.version;
    this.#parts = holes.reduce((parts, hole) => parts.flatMap((part) => subtract(part, hole)), [block]);
    this.strayExceptions = except.filter((_, index) => {
      const hole = holes[index];
      return hole === undefined || !covers(block, hole) || covers(hole, block);
    });
  }

  contains({ version, value }: Address): boolean {
    return version === this.#version && this.#parts.some(({ first, last }) => first <= value && value <= last);
  }

  /** How many of the addresses in these ranges it holds. */
  share(ranges: readonly AddressRange[]): 'all' | 'some' | 'none' {
    const meets = (range: AddressRange): boolean =>
      this.#parts.some(
        (part) => part.version === range.version && part.first <= range.last && range.first <= part.last,
      );
    if (!ranges.some(meets)) return 'none';
    return ranges.every((range) => this.#parts.some((part) => covers(part, range))) ? 'all' : 'some';
  }
}

function subtract(from: AddressRange, hole: AddressRange): AddressRange[] {
  const { version, first, last } = from;
  if (hole.version !== version || hole.last < first || last < hole.first) return [from];
  return [
    { version, first, last: hole.first - 1n },
    { version, first: hole.last + 1n, last },
  ].filter((part) => part.first <= part.last);
}
