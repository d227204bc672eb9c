import { describe, expect, it } from 'vitest';
import { cryptoModule } from '../../../../src/engine/guest/modules/crypto.ts';
import { testVu } from './module-context.ts';

interface Hasher {
  update(input: unknown): void;
  digest(encoding: string): unknown;
}
const crypto = cryptoModule(testVu().ctx) as Record<string, (...args: unknown[]) => unknown>;

describe('k6/crypto', () => {
  it('hashes strings and buffers alike', () => {
    expect(crypto['sha256']!('', 'hex')).toMatch(/^e3b0c442/);
    expect(crypto['md5']!(Uint8Array.of(107, 54).buffer, 'base64url')).toBe('TWk6hhmWP3dQRitnh3DmBA==');
    expect(crypto['md5']!('k6', 'base64rawurl')).toBe('TWk6hhmWP3dQRitnh3DmBA');
    expect(crypto['md5']!('k6', 'binary')).toBeInstanceOf(ArrayBuffer);
  });

  it('hashes in parts, and goes on after a digest', () => {
    const hash = crypto['createHash']!('sha1') as Hasher;
    hash.update('a');
    const first = hash.digest('hex');
    const buffer = Uint8Array.of(98, 99);
    hash.update(buffer.buffer);
    buffer.fill(0);
    expect(first).toBe(crypto['sha1']!('a', 'hex'));
    expect(hash.digest('hex')).toBe(crypto['sha1']!('abc', 'hex'));
  });

  it('makes HMACs', () => {
    const hmac = crypto['createHMAC']!('sha256', 'secret') as Hasher;
    hmac.update('data');
    expect(hmac.digest('hex')).toBe('1b2c16b75bd2a870c114153ccda5bcfca63314bc722fa160d690de133ccbb9db');
    expect(crypto['hmac']!('md5', 'k', Uint8Array.of(1, 2).buffer, 'hex')).toBe('7de662391033e4e452c812c63345d35c');
  });

  it('gives random bytes', () => {
    expect((crypto['randomBytes']!(8) as ArrayBuffer).byteLength).toBe(8);
  });

  it.each([
    ['an unknown encoding', () => crypto['md5']!('x', 'nope')],
    ['a name every object has', () => crypto['md5']!('x', 'toString')],
    ['a missing encoding', () => crypto['md5']!('x')],
    ['no bytes', () => crypto['randomBytes']!(0)],
    ['a fraction of a byte', () => crypto['randomBytes']!(1.5)],
    ['an object', () => crypto['md5']!({}, 'hex')],
    ['an unknown algorithm', () => crypto['hmac']!('nope', 'k', 'd', 'hex')],
    ['an unknown algorithm of a hasher', () => crypto['createHash']!('nope')],
  ])('refuses %s', (_what, call) => {
    expect(call).toThrow(expect.objectContaining({ name: 'GoError' }));
  });
});
