import { describe, expect, it } from 'vitest';
import { type Address, LocalAddresses, Resolver } from '../../../src/engine/http/addresses.ts';
import type { ExchangeError } from '../../../src/engine/http/errors.ts';
import { AllowedHosts, HostPatterns } from '../../../src/engine/http/host-patterns.ts';
import type { HttpOptions } from '../../../src/engine/http/ops.ts';
import { DEFAULT_OPTIONS } from './support.ts';

const resolve = (options: Partial<HttpOptions>, host: string, port = '80'): Promise<Address | ExchangeError> =>
  new Promise((done) => {
    new Resolver({ ...DEFAULT_OPTIONS, ...options }).resolve(host, port, (error, address) => done(error ?? address));
  });

describe('HostPatterns', () => {
  it('prefers exact names, then the longest wildcard', () => {
    const patterns = new HostPatterns([
      ['*', 'all'],
      ['*.example.com', 'wild'],
      ['*.api.example.com', 'longer'],
      ['x.example.com', 'exact'],
    ]);
    expect(['x.example.com', 'Y.Example.com', 'a.api.example.com', 'other'].map((host) => patterns.find(host))).toEqual(
      ['exact', 'wild', 'longer', 'all'],
    );
  });
});

describe('AllowedHosts', () => {
  const allowed = new AllowedHosts(['api.example', '*.Example.org', '10.0.0.0/8', 'fd00::/8', '192.0.2.1', '<local>']);

  it.each([
    'api.example',
    'API.example.',
    'a.b.example.org',
    '10.1.2.3',
    '::ffff:10.1.2.3',
    '167837955',
    '0x0a.1.2.3',
    'fd00::1',
    '192.0.2.1',
    'backend',
  ])('has %s', (host) => {
    expect(allowed.has(host)).toBe(true);
  });

  it.each([
    'example.org',
    'evilexample.org',
    'api.example.evil.test',
    '11.1.2.3',
    '134744072',
    '0x08080808',
    '010.010.010.010',
    '::ffff:8.8.8.8',
    'fe80::1',
    '192.0.2.2',
    '',
    'a b',
    '10.1.2.3.evil.test',
  ])('has not %s', (host) => {
    expect(allowed.has(host)).toBe(false);
  });

  it('is asked before a name is looked up, and lets everything pass when nothing was said', () => {
    const resolver = (allowHostnames: string[]): Resolver => new Resolver({ ...DEFAULT_OPTIONS, allowHostnames });
    expect(resolver(['a.test']).refusal('b.test')).toMatchObject({ code: 1111, short: 'hostname is blocked' });
    expect(resolver(['a.test']).refusal('a.test')).toBeUndefined();
    expect(resolver([]).refusal('b.test')).toBeUndefined();
  });
});

describe('Resolver', () => {
  it.each([
    [{ 'a.test': '10.0.0.1' }, 'a.test', { ip: '10.0.0.1', port: 80 }],
    [{ 'a.test': '10.0.0.1:81' }, 'a.test', { ip: '10.0.0.1', port: 81 }],
    [{ 'a.test:80': '10.0.0.2', 'a.test': '10.0.0.1' }, 'a.test', { ip: '10.0.0.2', port: 80 }],
    [{ '*': '10.0.0.9' }, '127.0.0.1', { ip: '10.0.0.9', port: 80 }],
    [{ 'a.test': '[::1]:443' }, 'a.test', { ip: '::1', port: 443 }],
    [{ 'a.test': '::1' }, 'a.test', { ip: '::1', port: 80 }],
  ])('maps by the option hosts %j', async (hosts, host, address) => {
    expect(await resolve({ hosts: hosts }, host)).toEqual(address);
  });

  it('looks at the blacklist after mapping, also for IPv6', async () => {
    const options = { blacklistIPs: ['10.0.0.0/8', 'fd00::/8'], hosts: { 'a.test': '10.9.8.7' } };
    expect(await resolve(options, 'a.test')).toMatchObject({ code: 1110, short: 'ip is blacklisted' });
    expect(await resolve(options, 'fd00::1')).toMatchObject({
      code: 1110,
      message: 'IP (fd00::1) is in a blacklisted range (fd00::/8)',
    });
    expect(await resolve(options, '11.0.0.1')).toEqual({ ip: '11.0.0.1', port: 80 });
  });

  it.each([
    [{ hosts: { 'a.test': 'b' } }, "the option hosts maps a.test to 'b'"],
    [{ hosts: { 'a.test': '1.2.3.4:99999' } }, "the option hosts maps a.test to '1.2.3.4:99999'"],
    [{ hosts: { 'a*.test': '1.2.3.4' } }, "invalid hostname pattern 'a*.test'"],
    [{ blockHostnames: ['a.*'] }, "invalid hostname pattern 'a.*'"],
    [{ blacklistIPs: ['nowhere'] }, 'invalid CIDR address: nowhere'],
    [{ blacklistIPs: ['10.0.0.0/33'] }, 'invalid CIDR address: 10.0.0.0/33'],
  ])('refuses %j', (options, message) => {
    expect(() => new Resolver({ ...DEFAULT_OPTIONS, ...options })).toThrow(
      expect.objectContaining({ exitCode: 104, message: expect.stringContaining(message) as unknown }),
    );
  });

  it('keeps to the family the policy asks for', async () => {
    const policy = (name: HttpOptions['dns']['policy']) =>
      resolve({ dns: { ttl: 0, select: 'first', policy: name } }, 'localhost');
    expect(await policy('onlyIPv4')).toEqual({ ip: '127.0.0.1', port: 80 });
    expect(await policy('preferIPv4')).toEqual({ ip: '127.0.0.1', port: 80 });
  });

  it('tells a name without an address', async () => {
    expect(await resolve({}, 'no.such.invalid')).toMatchObject({ code: 1101, short: 'lookup: no such host' });
  });
});

describe('LocalAddresses', () => {
  it.each(['here', '10.0.0.1-fd00::1', '10.0.0.1/x', ''])("refuses '%s'", (text) => {
    expect(() => new LocalAddresses(text)).toThrow(expect.objectContaining({ exitCode: 104 }));
  });

  it('gives the VUs addresses in turn, over ranges, networks and single ones', () => {
    const addresses = new LocalAddresses('10.0.0.1-10.0.0.2, 192.168.0.0/30, fd00::fe-fd00::100');
    expect(Array.from({ length: 8 }, (_, i) => addresses.of(i + 1))).toEqual([
      '10.0.0.1',
      '10.0.0.2',
      '192.168.0.1',
      '192.168.0.2',
      'fd00:0:0:0:0:0:0:fe',
      'fd00:0:0:0:0:0:0:ff',
      'fd00:0:0:0:0:0:0:100',
      '10.0.0.1',
    ]);
  });
});
