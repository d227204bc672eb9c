import { expect, it } from 'vitest';
import { encodingModule } from '../../../../src/engine/guest/modules/encoding.ts';
import { testVu } from './module-context.ts';

const { b64encode, b64decode } = encodingModule(testVu().ctx) as Record<string, (...args: unknown[]) => unknown>;

it('encodes strings and buffers, with the standard alphabet unless told otherwise', () => {
  expect(b64encode!('hi??>>~ü')).toBe('aGk/Pz4+fsO8');
  expect(b64encode!(Uint8Array.of(251, 255).buffer, 'url')).toBe('-_8=');
  expect(b64encode!('a', 'nonsense')).toBe('YQ==');
});

it('decodes to an ArrayBuffer, or to a string on request', () => {
  expect(b64decode!('aGk=')).toEqual(Uint8Array.of(104, 105).buffer);
  expect(b64decode!('aGk', 'rawstd', 's')).toBe('hi');
});

it('throws an error of k6 for damaged input', () => {
  expect(() => b64decode!('aGk')).toThrow(expect.objectContaining({ name: 'GoError' }));
  expect(() => b64encode!({})).toThrow(/expected string or ArrayBuffer/);
});
