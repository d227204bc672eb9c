import { Element, pageOf } from './element.ts';
import { ownAttribute, words } from './element-tools.ts';
import { parseUrl, resolveUrl, type UrlParts } from './url.ts';

const DEFAULT_PORTS: Readonly<Record<string, string>> = { http: '80', https: '443' };

/** `<a>` and `<area>`: the parts of the absolute URL. */
export class Linked extends Element {
  #url(): UrlParts {
    return parseUrl(resolveUrl(ownAttribute(this, 'href') ?? '', pageOf(this).url));
  }
  #port(): string {
    const { port, scheme } = this.#url();
    return port === DEFAULT_PORTS[scheme] ? '' : port;
  }
  hash(): string {
    const { fragment } = this.#url();
    return fragment ? `#${fragment}` : '';
  }
  host(): string {
    const port = this.#port();
    return port ? `${this.hostname()}:${port}` : this.hostname();
  }
  hostname(): string {
    return this.#url().hostname;
  }
  origin(): string {
    const { scheme } = this.#url();
    return scheme ? `${scheme}://${this.host()}` : '';
  }
  password(): string {
    return this.#url().password;
  }
  pathname(): string {
    return this.#url().path;
  }
  port(): string {
    return this.#port();
  }
  protocol(): string {
    const { scheme } = this.#url();
    return scheme ? `${scheme}:` : ':';
  }
  relList(): string[] {
    return words(ownAttribute(this, 'rel'));
  }
  search(): string {
    const { query } = this.#url();
    return query ? `?${query}` : '';
  }
  text(): string {
    return this.textContent();
  }
  username(): string {
    return this.#url().username;
  }
}
