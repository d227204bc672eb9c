import { describe, expect, it } from 'vitest';
import { targetOf } from '../../../src/engine/http/target.ts';
import { formatUrl, parseUrl, resolveUrl } from '../../../src/engine/http/url.ts';

describe('parseUrl', () => {
  it.each([
    ['127.0.0.1:80/x', 'first path segment in URL cannot contain colon'],
    ['http://a b/', 'invalid character " " in host name'],
    ['http://a/%zz', 'invalid URL escape "%zz"'],
    ['http://a:port/', 'invalid port ":port" after host'],
    ['http://[::1/', "missing ']' in host"],
    ['http://a/\nb', 'net/url: invalid control character in URL'],
    [':nothing', 'missing protocol scheme'],
  ])('refuses %j as Go does', (text, message) => {
    expect(() => parseUrl(text)).toThrow(message);
  });

  it.each([
    ['http://h/a b', '/a%20b'],
    ['http://h/ü', '/%C3%BC'],
    ['http://h/a%2Fb', '/a%2Fb'],
    ["http://h/(a)!'*", "/(a)!'*"],
    ['http://h', '/'],
    ['http://h?q=ä b', '/?q=ä b'],
    ['http://h/p?', '/p?'],
  ])('%s asks for %s', (text, uri) => {
    expect(targetOf(text).requestUri).toBe(uri);
  });

  it('finds host, port and credentials', () => {
    const target = targetOf('HTTPS://us%40er:p%3Aw@Host.Example:8443/x#f');
    expect(target).toMatchObject({
      hostname: 'Host.Example',
      port: '8443',
      user: 'us@er',
      password: 'p:w',
      secure: true,
    });
    expect(target.clean).toBe('https://****:****@Host.Example:8443/x#f');
    expect(targetOf('http://[::1]:81/').hostname).toBe('::1');
    expect(targetOf('http://bücher.example/').hostname).toBe('xn--bcher-kva.example');
  });
});

describe('resolveUrl', () => {
  // RFC 3986, section 5.4, as far as http URLs go.
  it.each([
    ['g', 'http://a/b/c/g'],
    ['./g', 'http://a/b/c/g'],
    ['g/', 'http://a/b/c/g/'],
    ['/g', 'http://a/g'],
    ['//g', 'http://g'],
    ['?y', 'http://a/b/c/d;p?y'],
    ['g?y', 'http://a/b/c/g?y'],
    ['#s', 'http://a/b/c/d;p?q#s'],
    ['g#s', 'http://a/b/c/g#s'],
    ['.', 'http://a/b/c/'],
    ['..', 'http://a/b/'],
    ['../g', 'http://a/b/g'],
    ['../../../g', 'http://a/g'],
    ['https://b/x', 'https://b/x'],
  ])('%s leads to %s', (reference, expected) => {
    expect(formatUrl(resolveUrl(parseUrl('http://a/b/c/d;p?q'), reference))).toBe(expected);
  });
});
