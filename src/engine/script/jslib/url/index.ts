/** URL and URLSearchParams for scripts, which have neither as globals: https://jslib.k6.io/url. */
import { parseUrl, serializePath, type UrlRecord } from './parse.ts';
import { URLSearchParams } from './search-params.ts';

export { URLSearchParams };

const DEFAULT_PORTS: Readonly<Record<string, string>> = {
  'http:': '80',
  'https:': '443',
  'ws:': '80',
  'wss:': '443',
  'ftp:': '21',
};

/** The WHATWG URL class, without conversion of international domain names. */
export class URL {
  #record: UrlRecord;
  readonly searchParams: URLSearchParams;

  constructor(url: string | URL, base?: string | URL) {
    this.#record = parseUrl(String(url), base === undefined ? undefined : parseUrl(String(base)));
    this.searchParams = new URLSearchParams(this.#record.search);
    this.searchParams.onChange = (text) => (this.#record.search = text === '' ? '' : `?${text}`);
  }

  static canParse(url: string, base?: string): boolean {
    try {
      return Boolean(new URL(url, base));
    } catch {
      return false;
    }
  }

  get href(): string {
    const { protocol, hash, search, hasAuthority } = this.#record;
    const login =
      this.username === '' && this.password === ''
        ? ''
        : `${this.username}${this.password === '' ? '' : `:${this.password}`}@`;
    return `${protocol}${hasAuthority ? `//${login}${this.host}` : ''}${this.pathname}${search}${hash}`;
  }
  set href(text: string) {
    this.#record = parseUrl(text);
    this.searchParams.reset(this.#record.search);
  }
  get origin(): string {
    return this.protocol in DEFAULT_PORTS ? `${this.protocol}//${this.host}` : 'null';
  }
  get protocol(): string {
    return this.#record.protocol;
  }
  set protocol(text: string) {
    this.#record.protocol = `${text.replace(/:.*$/s, '').toLowerCase()}:`;
    this.port = this.#record.port;
  }
  get username(): string {
    return this.#record.username;
  }
  set username(text: string) {
    this.#record.username = encodeURIComponent(text);
  }
  get password(): string {
    return this.#record.password;
  }
  set password(text: string) {
    this.#record.password = encodeURIComponent(text);
  }
  get host(): string {
    return this.port === '' ? this.hostname : `${this.hostname}:${this.port}`;
  }
  set host(text: string) {
    const [, hostname = '', port] = /^(\[.*\]|[^:]*)(?::(\d*))?/.exec(text) ?? [];
    this.hostname = hostname;
    if (port !== undefined) this.port = port;
  }
  get hostname(): string {
    return this.#record.hostname;
  }
  set hostname(text: string) {
    this.#record.hostname = text.toLowerCase();
  }
  get port(): string {
    return this.#record.port;
  }
  set port(text: string | number) {
    const port = /^\d*/.exec(String(text))?.[0] ?? '';
    this.#record.port = port === DEFAULT_PORTS[this.protocol] ? '' : port;
  }
  get pathname(): string {
    return serializePath(this.#record);
  }
  set pathname(text: string) {
    this.#record.path = parseUrl(
      `${this.protocol}//x/${text.replace(/^\//, '').replace(/[?#]/g, encodeURIComponent)}`,
    ).path;
  }
  get search(): string {
    return this.#record.search === '?' ? '' : this.#record.search;
  }
  set search(text: string) {
    this.#record.search = parseUrl(`http://x/?${text.replace(/^\?/, '').replace(/#/g, '%23')}`).search;
    this.searchParams.reset(this.#record.search);
  }
  get hash(): string {
    return this.#record.hash === '#' ? '' : this.#record.hash;
  }
  set hash(text: string) {
    this.#record.hash = text === '' ? '' : parseUrl(`http://x/#${text.replace(/^#/, '')}`).hash;
  }
  toString(): string {
    return this.href;
  }
  toJSON(): string {
    return this.href;
  }
}
