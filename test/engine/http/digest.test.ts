import { describe, expect, it } from 'vitest';
import { answer, findChallenge } from '../../../src/engine/http/digest.ts';

// RFC 7616, section 3.9.1.
const rfc = (algorithm: string) =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
  'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';

describe('digest authentication', () => {
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('answers the example of the RFC for %s', (algorithm, response) => {
    const challenge = findChallenge([rfc(algorithm)]);
    if (challenge === undefined) throw new Error('no challenge was found');
    const header = answer(challenge, 'Mufasa', 'Circle of Life', 'GET', '/dir/index.html', cnonce);
    expect(header).toContain(`response="${response}"`);
    expect(header).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
  });

  it('answers without qop as RFC 2069 asks', () => {
    const challenge = findChallenge(['Digest realm="r", nonce="n"']);
    if (challenge === undefined) throw new Error('no challenge was found');
    const header = answer(challenge, 'u', 'p', 'GET', '/');
    expect(header).not.toContain('qop');
    expect(header).not.toContain('cnonce');
  });

  it('passes over challenges it cannot answer', () => {
    expect(findChallenge(['Basic realm="x"', 'Digest realm="r", nonce="n", algorithm=SHA-512-256'])).toBeUndefined();
    expect(findChallenge(['Digest realm="r", nonce="n", qop="auth-int"'])).toBeUndefined();
  });
});
