import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  SealError,
  sealingCertificate,
  sealValue,
  unsealValue,
  type SecretPlace,
} from '../../../src/readiness/seal/seal.ts';

const pair = (): { publicKey: KeyObject; privateKey: KeyObject } => generateKeyPairSync('rsa', { modulusLength: 2048 });
const controller = pair();
const other = pair();
const place: SecretPlace = { namespace: 'gravl-prod', name: 'gravl-db-secret', scope: 'strict' };

describe('sealed values', () => {
  it('come back as they were, whatever the bytes and the scope', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000 }),
        fc.constantFrom('strict', 'namespace-wide', 'cluster-wide'),
        (value, scope) => {
          const sealed = sealValue(value, controller.publicKey, { ...place, scope });
          expect(unsealValue(sealed, [other.privateKey, controller.privateKey], { ...place, scope })).toEqual(
            Buffer.from(value),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('never look alike, not even for one value', () => {
    const seal = () => sealValue(Buffer.from('same'), controller.publicKey, place);
    expect(seal()).not.toBe(seal());
  });

  it.each([
    ['another name', { ...place, name: 'elsewhere' }],
    ['another namespace', { ...place, namespace: 'gravl-staging' }],
    ['another scope', { ...place, scope: 'cluster-wide' as const }],
  ])('do not open under %s', (_, elsewhere) => {
    const sealed = sealValue(Buffer.from('secret'), controller.publicKey, place);
    expect(() => unsealValue(sealed, [controller.privateKey], elsewhere)).toThrow(SealError);
  });

  it('may be renamed within their namespace when sealed namespace-wide', () => {
    const wide = { ...place, scope: 'namespace-wide' as const };
    const sealed = sealValue(Buffer.from('secret'), controller.publicKey, wide);
    expect(unsealValue(sealed, [controller.privateKey], { ...wide, name: 'renamed' }).toString()).toBe('secret');
  });

  it('do not open with another controller’s key, nor when a byte was changed, nor when cut off', () => {
    const sealed = sealValue(Buffer.from('secret'), controller.publicKey, place);
    expect(() => unsealValue(sealed, [other.privateKey], place)).toThrow(
      'no key opens this value as gravl-prod/gravl-db-secret (strict)',
    );
    const bytes = Buffer.from(sealed, 'base64');
    bytes[bytes.length - 20]! ^= 1;
    expect(() => unsealValue(bytes.toString('base64'), [controller.privateKey], place)).toThrow(SealError);
    for (const length of [0, 1, 2, 100, 270]) {
      expect(() => unsealValue(bytes.subarray(0, length).toString('base64'), [controller.privateKey], place)).toThrow(
        SealError,
      );
    }
  });

  it('need a certificate that can be read', () => {
    expect(() => sealingCertificate('not a certificate', 'sealing.crt', new Date())).toThrow('kubeseal --fetch-cert');
  });
});
