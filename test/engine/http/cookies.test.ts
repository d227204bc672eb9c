import { describe, expect, it } from 'vitest';
import { CookieJar, parseSetCookie } from '../../../src/engine/http/cookies.ts';

const at = (hostname: string, path = '/', secure = false) => ({ hostname, path, secure });

function jarWith(url: ReturnType<typeof at>, ...lines: string[]): CookieJar {
  const jar = new CookieJar();
  for (const line of lines) {
    const cookie = parseSetCookie(line);
    if (cookie !== undefined) jar.set(url, cookie);
  }
  return jar;
}

const names = (jar: CookieJar, url: ReturnType<typeof at>, now?: number) =>
  jar.cookies(url, now).map(({ name }) => name);

describe('CookieJar', () => {
  it('sends longer paths first, then older cookies', () => {
    const jar = jarWith(at('h', '/a/b'), 'one=1; Path=/', 'deep=2; Path=/a', 'two=3; Path=/', 'one=4; Path=/');
    expect(names(jar, at('h', '/a/x'))).toEqual(['deep', 'one', 'two']);
    expect(jar.cookies(at('h', '/a'))[1]?.value).toBe('4');
  });

  it('matches paths at segment boundaries', () => {
    const jar = jarWith(at('h'), 'c=1; Path=/foo');
    expect(names(jar, at('h', '/foo/bar'))).toEqual(['c']);
    expect(names(jar, at('h', '/foobar'))).toEqual([]);
  });

  it('keeps host cookies to their host and domain cookies to the domain', () => {
    const jar = jarWith(at('a.example.com'), 'host=1', 'domain=1; Domain=.example.com', 'foreign=1; Domain=other.com');
    expect(names(jar, at('a.example.com'))).toEqual(['host', 'domain']);
    expect(names(jar, at('b.example.com'))).toEqual(['domain']);
    expect(names(jar, at('badexample.com'))).toEqual([]);
  });

  it('refuses domains for addresses', () => {
    expect(names(jarWith(at('127.0.0.1'), 'c=1; Domain=0.0.1'), at('127.0.0.1'))).toEqual([]);
  });

  it('keeps secure cookies from plain connections', () => {
    const jar = jarWith(at('h', '/', true), 's=1; Secure');
    expect(names(jar, at('h'))).toEqual([]);
    expect(names(jar, at('h', '/', true))).toEqual(['s']);
  });

  it('forgets what has expired', () => {
    const jar = jarWith(at('h'), 'a=1; Max-Age=10', 'b=1');
    const now = Date.now();
    expect(names(jar, at('h'), now + 9000)).toEqual(['a', 'b']);
    expect(names(jar, at('h'), now + 11_000)).toEqual(['b']);
    expect(names(jarWith(at('h'), 'a=1', 'a=; Max-Age=0'), at('h'))).toEqual([]);
    expect(names(jarWith(at('h'), 'a=1', 'a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT'), at('h'))).toEqual([]);
  });

  it('deletes by default path only, as k6 does', () => {
    const jar = jarWith(at('h'), 'root=1; Path=/', 'deep=1; Path=/deep');
    jar.delete(at('h', '/deep'), 'deep');
    expect(names(jar, at('h', '/deep'))).toEqual(['deep', 'root']);
    jar.clear(at('h'));
    expect(names(jar, at('h', '/deep'))).toEqual(['deep']);
  });
});

describe('parseSetCookie', () => {
  it('reads attributes in any case', () => {
    expect(parseSetCookie('n="v"; PATH=/p; domain=d; MAX-AGE=5; httponly; SECURE')).toEqual({
      name: 'n',
      value: 'v',
      domain: 'd',
      path: '/p',
      expires: undefined,
      maxAge: 5,
      secure: true,
      httpOnly: true,
    });
  });

  it.each(['=v', 'a b=c', 'n=a\u0001b', ''])('refuses %j', (line) => {
    expect(parseSetCookie(line)).toBeUndefined();
  });
});
