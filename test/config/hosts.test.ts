import { describe, expect, it } from 'vitest';
import { environments } from '../../src/config/environments.ts';
import { hostOf, isMetadata, reachOf, refuseHost } from '../../src/config/hosts.ts';

const all = {
  ...environments,
  preview: {
    ...environments['staging'],
    baseUrl: 'https://preview.gravl.app',
    hosts: ['*.preview.gravl.app'],
    confirm: false,
  },
} as typeof environments;
const refusal = (url: string, env: string): string | undefined => refuseHost(hostOf(url), env, all);

describe('an environment', () => {
  it.each([
    ['staging', 'https://staging.gravl.app/x'],
    ['production', 'https://gravl.app'],
    ['production', 'http://127.0.0.1:3000'],
    ['preview', 'https://pr-7.preview.gravl.app'],
    ['local', 'http://localhost:3000'],
    ['local', 'http://[::1]:3000'],
    ['local', 'http://192.168.1.20'],
    ['local', 'http://gravl-backend:3000'],
    ['local', 'http://gravl.test'],
  ])('%s takes load for %s', (env, url) => {
    expect(refusal(url, env)).toBeUndefined();
  });

  it.each([
    ['staging', 'https://gravl.app', 'belongs to production'],
    ['staging', 'https://staging.gravl.app.evil.example', 'does not name'],
    ['staging', 'http://192.168.1.20', 'does not name'],
    ['production', 'https://staging.gravl.app', 'does not name'],
    ['local', 'https://gravl.app', 'belongs to production'],
    ['local', 'https://gravl.app.', 'belongs to production'],
    ['local', 'https://GRAVL.app', 'belongs to production'],
    ['local', 'https://user@gravl.app', 'belongs to production'],
    ['local', 'https://example.com', 'does not name'],
    ['local', 'http://8.8.8.8', 'does not name'],
    ['preview', 'https://preview.gravl.app.example.com', 'does not name'],
  ])('%s refuses load for %s', (env, url, reason) => {
    expect(refusal(url, env)).toContain(reason);
  });
});

describe('what the engine may reach', () => {
  const loopback = ['localhost', '*.localhost', '127.0.0.0/8', '::1/128'];

  it('is what the environment names, the addresses of the run, and this machine', () => {
    expect(reachOf('preview', all, ['https://pr-7.preview.gravl.app/', 'http://[::1]:9090']).only).toEqual([
      ...['pr-7.preview.gravl.app', '::1', 'preview.gravl.app', '*.preview.gravl.app'],
      ...loopback,
    ]);
    expect(reachOf('local', all, []).only).toEqual(
      expect.arrayContaining([...loopback, '<local>', '*.test', '10.0.0.0/8', 'fc00::/7']),
    );
    expect(reachOf('staging', all, []).only).not.toContain('<local>');
  });

  it('is never a host that asks for --yes elsewhere, on any engine', () => {
    expect(reachOf('local', all, []).never).toEqual(['gravl.app']);
    expect(reachOf('staging', all, []).never).toEqual(['gravl.app']);
    expect(reachOf('production', all, []).never).toEqual([]);
  });
});

it.each([
  'http://169.254.169.254/latest/meta-data',
  'http://2852039166',
  'http://0xa9fea9fe',
  'http://0251.0376.0251.0376',
  'http://[::ffff:169.254.169.254]',
  'http://[64:ff9b::169.254.169.254]',
  'http://[fd00:ec2::254]',
  'http://[fe80::1]',
  'http://169.254.170.2',
  'http://100.100.100.200',
  'http://metadata.google.internal',
  'http://METADATA.google.internal.',
])('no environment may send load to the metadata service %s', (url) => {
  expect(isMetadata(hostOf(url))).toBe(true);
  for (const env of Object.keys(all)) expect(refusal(url, env)).toContain('metadata service');
});
