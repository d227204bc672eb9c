import type { webcrypto } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createWebCrypto } from '../../../../src/engine/guest/modules/webcrypto.ts';
import { testVu } from './module-context.ts';

const { ctx } = testVu();
const crypto = createWebCrypto(ctx) as webcrypto.Crypto;
const { subtle } = crypto;
const bytes = (text: string) => new TextEncoder().encode(text);
const hex = (buffer: ArrayBuffer) => Buffer.from(buffer).toString('hex');

describe('crypto', () => {
  it('makes random UUIDs and values', () => {
    expect(crypto.randomUUID()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const array = new Uint32Array(64);
    expect(crypto.getRandomValues(array)).toBe(array);
    expect(new Set(array).size).toBeGreaterThan(60);
  });

  it('fills only integer typed arrays, at most 65,536 bytes', () => {
    const refused = (value: unknown) => () => crypto.getRandomValues(value as Uint8Array<ArrayBuffer>);
    for (const value of [new Float64Array(1), new ArrayBuffer(1), new DataView(new ArrayBuffer(1)), [1], 'x']) {
      expect(refused(value)).toThrow(expect.objectContaining({ name: 'TypeMismatchError' }));
    }
    expect(refused(new Uint16Array(32_769))).toThrow(expect.objectContaining({ name: 'QuotaExceededError' }));
  });
});

describe('crypto.subtle', () => {
  it('digests', async () => {
    expect(hex(await subtle.digest({ name: 'SHA-1' }, bytes('golden').buffer))).toBe(
      'ec30adc79e734900430e4174cf0a36c2d0c42272',
    );
  });

  it('signs and verifies with an imported key that it describes', async () => {
    const key = await subtle.importKey('raw', bytes('secret'), { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
      'verify',
    ]);
    expect([key.type, key.extractable, key.usages, key.algorithm]).toEqual([
      'secret',
      false,
      ['sign', 'verify'],
      { name: 'HMAC', hash: { name: 'SHA-256' }, length: 48 },
    ]);
    const signature = await subtle.sign('HMAC', key, bytes('data'));
    expect(await subtle.verify('HMAC', key, signature, bytes('data'))).toBe(true);
    expect(await subtle.verify('HMAC', key, signature, bytes('other'))).toBe(false);
    await expect(subtle.exportKey('raw', key)).rejects.toMatchObject({ name: 'InvalidAccessError' });
  });

  it.each(['AES-GCM', 'AES-CBC', 'AES-CTR'])('encrypts and decrypts with %s', async (name) => {
    const key = await subtle.generateKey({ name, length: 256 }, true, ['encrypt', 'decrypt']);
    const algorithm = { name, iv: new Uint8Array(16).fill(7), counter: new Uint8Array(16), length: 64 };
    const secret = await subtle.encrypt(algorithm, key, bytes('plain text'));
    expect(Buffer.from(await subtle.decrypt(algorithm, key, secret)).toString()).toBe('plain text');
  });

  it('derives bits from a pair of ECDH keys, whose public part travels as JWK', async () => {
    const curve = { name: 'ECDH', namedCurve: 'P-256' };
    const [anna, bert] = await Promise.all(
      [1, 2].map(async () => await subtle.generateKey(curve, true, ['deriveBits'])),
    );
    const jwk = await subtle.exportKey('jwk', bert!.publicKey);
    expect(jwk).toMatchObject({ kty: 'EC', crv: 'P-256' });
    const copy = await subtle.importKey('jwk', jwk, curve, true, []);
    const one = await subtle.deriveBits({ name: 'ECDH', public: copy }, anna!.privateKey, 256);
    const other = await subtle.deriveBits({ name: 'ECDH', public: anna!.publicKey }, bert!.privateKey, 256);
    expect(hex(one)).toBe(hex(other));
  });

  it('derives and wraps keys', async () => {
    const password = await subtle.importKey('raw', bytes('password'), 'PBKDF2', false, ['deriveKey', 'deriveBits']);
    const pbkdf2 = { name: 'PBKDF2', salt: bytes('salt'), iterations: 2, hash: 'SHA-1' };
    // RFC 6070, second vector.
    expect(hex(await subtle.deriveBits(pbkdf2, password, 160))).toBe('ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957');
    const key = await subtle.deriveKey(pbkdf2, password, { name: 'AES-GCM', length: 128 }, true, [
      'wrapKey',
      'unwrapKey',
    ]);
    const mac = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
    const gcm = { name: 'AES-GCM', iv: bytes('iviviviviviv') };
    const wrapped = await subtle.wrapKey('raw', mac, key, gcm);
    const again = await subtle.unwrapKey('raw', wrapped, key, gcm, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
    expect(hex(await subtle.exportKey('raw', again))).toBe(hex(await subtle.exportKey('raw', mac)));
  });

  it('makes RSA and ECDSA keys that sign', async () => {
    const rsa = await subtle.generateKey(
      { name: 'RSA-PSS', modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' },
      true,
      ['sign', 'verify'],
    );
    const pss = { name: 'RSA-PSS', saltLength: 32 };
    const signature = await subtle.sign(pss, rsa.privateKey, bytes('x'));
    expect(await subtle.verify(pss, rsa.publicKey, signature, bytes('x'))).toBe(true);
    expect(rsa.publicKey.algorithm).toMatchObject({ modulusLength: 1024, publicExponent: Uint8Array.of(1, 0, 1) });
  });

  it('rejects with the name of the standard', async () => {
    await expect(subtle.digest('MD5', bytes('x'))).rejects.toMatchObject({ name: 'NotSupportedError' });
    await expect(subtle.sign('HMAC', {} as webcrypto.CryptoKey, bytes('x'))).rejects.toThrow(TypeError);
    await expect((subtle.digest as (name: string) => Promise<unknown>)('SHA-1')).rejects.toThrow(TypeError);
    const key = await subtle.importKey('raw', bytes('0123456789abcdef'), 'AES-GCM', false, ['decrypt']);
    await expect(
      subtle.decrypt({ name: 'AES-GCM', iv: bytes('iviviviviviv') }, key, bytes('0123456789abcdef')),
    ).rejects.toMatchObject({
      name: 'OperationError',
    });
  });
});
