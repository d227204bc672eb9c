/** The live view's server: on loopback only, for pages of its own only, and never in the way of the run. */
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { packageRoot } from '../../config/package.ts';
import { LoadError, messageOf, systemCode } from '../../errors.ts';
import type { SeriesLine } from '../../results/record.ts';
import { LiveFeed, pointsOf, type LiveRun } from './feed.ts';
import { livePage } from './page.ts';
import { shapeOf } from './shape.ts';
import type { LiveCharts, LiveEvents } from './types.ts';

const host = '127.0.0.1';
const tickMs = 1000;
/** A browser opens six connections a host at most; more pages than this are a mistake. */
const mostPages = 20;
/** Points that are sent again: lines of the same second come one after the other. */
const overlap = 5;
/** How long the run's end waits for pages that take the report. */
const farewellMs = 10_000;
/** How long a page may take to read the last words. */
const lastWordsMs = 1000;
const reportPath = '/report.html';

const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/** An open page. */
interface Page {
  readonly stream: ServerResponse;
  /** It has not got all points so far. */
  behind: boolean;
}

export class LiveView {
  readonly #app: FastifyInstance;
  readonly #pages = new Set<Page>();
  #feed: LiveFeed | undefined;
  #runs = 0;
  #sent = { shape: '', points: 0 };
  #timer: NodeJS.Timeout | undefined;
  #report: string | undefined;
  #served = 0;
  #onServed: () => void = () => undefined;

  readonly #onFault: (text: string) => void;

  private constructor(onFault: (text: string) => void) {
    this.#onFault = onFault;
    this.#app = fastify({ forceCloseConnections: true, exposeHeadRoutes: false });
  }

  /**
   * @param onFault told when the view has to give up; the run goes on
   * @throws LoadError ui.port
   */
  static async start(port: number, onFault: (text: string) => void): Promise<LiveView> {
    const view = new LiveView(onFault);
    await view.#routes();
    try {
      await view.#app.listen({ host, port });
    } catch (error) {
      const reasons: Readonly<Record<string, string>> = { EADDRINUSE: 'is taken', EACCES: 'needs more rights' };
      const reason = reasons[systemCode(error) ?? ''] ?? `cannot be used (${messageOf(error)})`;
      throw new LoadError('ui.port', `port ${port} on ${host} ${reason} (--ui-port)`, { cause: error });
    }
    view.#timer = setInterval(() => view.#safely(() => view.#tick()), tickMs);
    return view;
  }

  get url(): string {
    return `http://${host}:${this.#port}/`;
  }

  /** A run begins; an earlier one is forgotten. */
  begin(run: LiveRun): void {
    this.#safely(() => {
      this.#feed = new LiveFeed(run, ++this.#runs);
      this.#sent = { shape: '', points: 0 };
      this.#tick();
    });
  }

  lines(lines: readonly SeriesLine[]): void {
    this.#safely(() => this.#feed?.add(lines));
  }

  /** The load of the run has ended. */
  end(): void {
    this.#safely(() => {
      this.#feed?.end();
      this.#tick();
    });
  }

  /**
   * Turns the open pages into the report; returns when they have it, or are too slow.
   * @param hurry aborted: nobody wants to wait
   */
  async report(file: string, hurry: AbortSignal): Promise<void> {
    this.#report = file;
    const pages = [...this.#pages];
    if (pages.length === 0 || hurry.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, farewellMs);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      hurry.addEventListener('abort', done, { once: true });
      this.#onServed = () => {
        if (this.#served >= pages.length) done();
      };
      // A browser has few connections to a host: the page needs this one for the report.
      for (const page of pages) this.#last(page, 'report', reportPath);
    });
  }

  /** Tells the pages that are still there that nothing more will come, and ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#dismiss();
    await this.#app.close();
  }

  get #port(): number {
    return (this.#app.server.address() as AddressInfo).port;
  }

  async #routes(): Promise<void> {
    const app = this.#app;
    const [script, style] = await Promise.all(
      ['live.js', 'live-style.css'].map((file) => readFile(path.join(packageRoot, 'dist', 'report', file))),
    );
    // A page of another site may have a name of its own lead here: only these names are ours.
    app.addHook('onRequest', async (request, reply) => {
      reply.headers(headers);
      if ([`${host}:${this.#port}`, `localhost:${this.#port}`].includes(request.headers.host ?? '')) return undefined;
      return reply.code(403).type('text/plain').send(`Open ${this.url} itself.\n`);
    });
    app.setNotFoundHandler((_, reply) => reply.code(404).type('text/plain').send('There is nothing here.\n'));
    app.setErrorHandler((_, __, reply) => reply.code(500).type('text/plain').send('This did not work.\n'));
    app.get('/', (_, reply) => reply.type('text/html; charset=utf-8').send(livePage()));
    app.get('/live.js', (_, reply) => reply.type('text/javascript; charset=utf-8').send(script));
    app.get('/live.css', (_, reply) => reply.type('text/css; charset=utf-8').send(style));
    app.get('/favicon.ico', (_, reply) => reply.code(204).send());
    app.get('/events', (_, reply) => {
      if (this.#pages.size >= mostPages) {
        return reply.code(503).type('text/plain').send('Too many pages are open.\n');
      }
      reply.hijack();
      reply.raw.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
      this.#open({ stream: reply.raw, behind: true });
      return reply;
    });
    app.get(reportPath, async (request, reply) => {
      if (this.#report === undefined) {
        reply.callNotFound();
        return reply;
      }
      const text = await readFile(this.#report);
      request.raw.socket.once('close', () => {
        this.#served++;
        this.#onServed();
      });
      // The report brings a policy of its own, with the hashes of what is in it.
      reply.header('content-security-policy', "frame-ancestors 'none'").header('connection', 'close');
      return reply.type('text/html; charset=utf-8').send(text);
    });
  }

  async #dismiss(): Promise<void> {
    const pages = [...this.#pages];
    const read = pages.map(({ stream }) => new Promise((resolve) => stream.once('close', resolve)));
    for (const page of pages) this.#last(page, 'ended', null);
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([Promise.all(read), new Promise((resolve) => (timer = setTimeout(resolve, lastWordsMs)))]);
    clearTimeout(timer);
  }

  /** Whatever is wrong with the view is not the run's concern. */
  #safely(work: () => void): void {
    try {
      work();
    } catch (error) {
      clearInterval(this.#timer);
      this.#feed = undefined;
      this.#onFault(`The live view has ended, the run goes on: ${messageOf(error)}`);
      void this.#dismiss();
    }
  }

  #open(page: Page): void {
    this.#pages.add(page);
    const gone = (): void => {
      this.#pages.delete(page);
    };
    page.stream.on('close', gone).on('error', gone);
    if (this.#report === undefined) this.#safely(() => this.#tick(page));
    else this.#last(page, 'report', reportPath);
  }

  /** A page that does not read gets nothing new until it has read what it was sent. */
  #tick(only?: Page): void {
    const feed = this.#feed;
    const ready = (only === undefined ? [...this.#pages] : [only]).filter(({ stream }) => !stream.writableNeedDrain);
    for (const page of this.#pages) if (page.stream.writableNeedDrain) page.behind = true;
    if (feed === undefined || ready.length === 0) return;
    const charts = feed.charts();
    const points = charts[0]?.x.length ?? 0;
    const shape = shapeOf(charts);
    const from = shape === this.#sent.shape ? Math.max(0, Math.min(this.#sent.points, points) - overlap) : 0;
    const news: LiveCharts = { from, charts: charts.map((chart) => pointsOf(chart, from)) };
    const state = message('state', feed.state());
    for (const page of ready) {
      page.stream.write(state + message('charts', page.behind ? { from: 0, charts } : news));
      page.behind = false;
    }
    // What one page got at its start is news to the others.
    if (only === undefined) this.#sent = { shape, points };
  }

  #last<K extends keyof LiveEvents>(page: Page, event: K, data: LiveEvents[K]): void {
    page.stream.end(message(event, data));
    this.#pages.delete(page);
  }
}

/** JSON has no line breaks of its own: one line is one message. */
const message = <K extends keyof LiveEvents>(event: K, data: LiveEvents[K]): string =>
  `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
