import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AddressBlock, parseAddress, parseCidr } from '../../../src/readiness/reach/address.ts';

const address = (text: string): NonNullable<ReturnType<typeof parseAddress>> => {
  const parsed = parseAddress(text);
  if (parsed === undefined) throw new Error(`${text} is no address`);
  return parsed;
};

describe('addresses', () => {
  it.each([
    ['::1', '0:0:0:0:0:0:0:1'],
    ['2001:DB8::A', '2001:db8:0:0::a'],
    ['::', '0::0'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['fe80::1:0:0:1', 'fe80:0:0:0:1::1'],
    ['1:2:3:4:5:6:7.8.9.10', '1:2:3:4:5:6:708:90a'],
  ])('%s and %s are one address', (one, other) => expect(address(one)).toEqual(address(other)));

  it.each(['', '10.0.0', '10.0.0.256', '010.0.0.1', 'fe80::1%eth0', '1::2::3', 'gravl-prod/backend', '10.0.0.1/32'])(
    '"%s" is none',
    (text) => expect(parseAddress(text)).toBeUndefined(),
  );

  it.each(['', '10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/8/8', '10.0.0.0/-1', '10.0.0.0/ 8', '/8', 'ten/8'])(
    '"%s" is no CIDR',
    (text) => expect(() => parseCidr(text)).toThrow(RangeError),
  );
});

/** Bit by bit: the naive way to say that an address lies in a block. */
const bits = (text: string): string => {
  if (!text.includes(':'))
    return text
      .split('.')
      .map((part) => Number(part).toString(2).padStart(8, '0'))
      .join('');
  return text
    .split(':')
    .map((group) => parseInt(group, 16).toString(2).padStart(16, '0'))
    .join('');
};
const inside = (text: string, cidr: string): boolean => {
  const [network = '', prefix] = cidr.split('/');
  const same = text.includes(':') === network.includes(':');
  return same && bits(text).startsWith(bits(network).slice(0, Number(prefix)));
};

const v4 = fc
  .tuple(fc.constantFrom(10, 11, 0, 255), fc.nat(3), fc.nat(255), fc.nat(255))
  .map((parts) => parts.join('.'));
const v6 = fc
  .tuple(fc.constantFrom(0x2001, 0xfd00, 0xfe80, 1), fc.array(fc.nat(0xffff), { minLength: 7, maxLength: 7 }))
  .map(([first, rest]) => [first, ...rest].map((group) => group.toString(16)).join(':'));
const any = fc.oneof(v4, v6);
const cidr = any.chain((text) => fc.nat(text.includes(':') ? 128 : 32).map((prefix) => `${text}/${prefix}`));

describe('blocks of addresses', () => {
  it('hold what the bits say, whatever is taken out, also when the network has bits after its prefix', () => {
    fc.assert(
      fc.property(cidr, fc.array(cidr, { maxLength: 4 }), fc.array(any, { maxLength: 20 }), (block, except, others) => {
        // Addresses out of the blocks themselves, so that many lie inside.
        const addresses = [...others, ...[block, ...except].map((one) => one.split('/')[0] ?? '')];
        const subject = new AddressBlock(block, except);
        for (const text of addresses) {
          const expected = inside(text, block) && !except.some((hole) => inside(text, hole));
          expect([text, subject.contains(address(text))]).toEqual([text, expected]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('say how much of a range they hold, and which exceptions take nothing out', () => {
    const ranges = ['10.0.0.0/8', 'fc00::/7'].map(parseCidr);
    const share = (block: string, ...except: string[]) => new AddressBlock(block, except).share(ranges);
    expect(share('0.0.0.0/0')).toBe('some');
    expect(share('0.0.0.0/0', '10.0.0.0/8')).toBe('none');
    expect(share('0.0.0.0/0', '10.0.0.0/9')).toBe('some');
    expect(new AddressBlock('0.0.0.0/0', []).share(ranges.slice(0, 1))).toBe('all');
    expect(
      new AddressBlock('10.0.0.0/8', ['10.1.0.0/16', '11.0.0.0/16', '10.0.0.0/8', '::/0']).strayExceptions,
    ).toEqual(['11.0.0.0/16', '10.0.0.0/8', '::/0']);
  });
});
