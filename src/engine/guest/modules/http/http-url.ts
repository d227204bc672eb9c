/** The value of the template tag `http.url`: a URL, and a name in which the parts put in are `${}`. */
import { textOf } from '../../runtime/api.ts';

const clean = (url: string): string =>
  url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, (_, scheme: string) => `${scheme}****:****@`);

export class HttpUrl {
  readonly name: string;
  readonly url: string;
  readonly clean_url: string;
  readonly clean: () => string;
  readonly getURL: () => string;
  readonly #made = true;

  constructor(url: string, name: string) {
    this.name = name;
    this.url = url;
    this.clean_url = clean(url);
    this.clean = () => this.clean_url;
    this.getURL = () => this.url;
  }

  static is(value: unknown): value is HttpUrl {
    return typeof value === 'object' && value !== null && #made in value;
  }
}
// Scripts see a plain object.
Object.defineProperty(HttpUrl.prototype, 'constructor', { value: Object, writable: true, configurable: true });

export function httpUrl(strings: readonly string[], args: readonly unknown[]): HttpUrl {
  let url = strings[0] ?? '';
  let name = url;
  for (let i = 1; i < strings.length; i++) {
    const text = strings[i] ?? '';
    url += textOf(args[i - 1]) + text;
    name += `\${}${text}`;
  }
  return new HttpUrl(url, name);
}
