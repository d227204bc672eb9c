import { expect, it } from 'vitest';
import { md4 } from '../../../src/engine/ops/md4.ts';
import * as crypto from '../../../src/engine/ops/crypto.ts';
import { testVu } from '../guest/modules/module-context.ts';

// RFC 1320, appendix A.5.
it.each([
  ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
  ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
  ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
  ['message digest', 'd9130a8164549fe818874806e1c7014b'],
  ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
  ['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789', '043f8582f241db351ce627e153e7f0e4'],
  ['1234567890'.repeat(8), 'e33b4ddc9c38f2199c3e7b164fcc0536'],
])('hashes %j', (text, digest) => {
  expect(md4(Buffer.from(text)).toString('hex')).toBe(digest);
});

// From OpenSSL's legacy provider.
it.each([
  ['Jefe', 'be192c588a8e914d8a59b474a828128f'],
  ['k'.repeat(80), '3dd679eccbb69c1e310211322e3cef84'],
])('makes an HMAC of it with the key %j', (key, digest) => {
  const parts = ['what do ya want ', 'for nothing?'];
  expect(crypto.hash(testVu().io, { algorithm: 'md4', key, parts, encoding: 'hex' })).toEqual({
    ok: true,
    value: digest,
  });
});
