import { expect, it } from 'vitest';
import { redactUrl } from '../../src/config/redact.ts';

it('takes credentials out of addresses and masks parameters that look like secrets', () => {
  expect(redactUrl('https://user:pa%20ss@gravl.app')).toBe('https://gravl.app');
  expect(redactUrl('https://gravl.app/api?muscle=legs&api_key=s3cret')).toBe(
    'https://gravl.app/api?muscle=legs&api_key=***',
  );
  expect(redactUrl('http://localhost:3000/api')).toBe('http://localhost:3000/api');
  expect(redactUrl('not a url')).toBe('not a url');
});
