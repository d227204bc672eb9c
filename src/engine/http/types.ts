/** What crosses the border between `guest/modules/http` and the client: plain, structured-cloneable data. */
import type { TagSet } from '../contracts/metrics.ts';
import type { StoredCookie } from './cookies.ts';

declare module '../contracts/host.ts' {
  interface AsyncOps {
    'http.exchange': { arg: RequestSpec; result: ExchangeResult };
    /** All requests of one `http.batch`, within the limits of the options; results in the order of the requests. */
    'http.batch': { arg: readonly RequestSpec[]; result: readonly ExchangeResult[] };
    /** Goes on with an exchange that the VU's own thread has begun on a connection lent to it. */
    'http.resume': { arg: ResumeSpec; result: ExchangeResult };
  }
  interface CallOps {
    /** A request that was never sent: logs the failure, or tells that it has to be thrown. */
    'http.refuse': {
      arg: { readonly message: string; readonly throw: boolean | undefined };
      result: { throws: boolean };
    };
    /** Makes an empty cookie jar; its id goes into {@link RequestSpec.jar}. */
    'http.jar.new': { arg: undefined; result: number };
    'http.jar.free': { arg: number; result: undefined };
    /**
     * A new iteration begins: the default jar is emptied and connections are closed, as far as the options say so.
     * `always`: this matters before every iteration, not only after cookies were stored.
     */
    'http.iteration': { arg: undefined; result: { always: boolean } };
    /** What the VU's own thread may do by itself after the exchange that ended last; see lending.ts. */
    'http.lend': { arg: LendSpec; result: Lent };
    /** The VU's own thread has made an exchange by itself. */
    'http.direct': { arg: DirectExchange; result: undefined };
    /** The thread with this number has ended or lost count: what was lent to it is closed. */
    'http.release': { arg: number; result: undefined };
    /** For a request that is sent by another thread: what is in a jar, and replacing it. */
    'http.jar.dump': { arg: number; result: readonly StoredCookie[] };
    'http.jar.load': { arg: { readonly jar: number; readonly cookies: readonly StoredCookie[] }; result: undefined };
    /** Name and value pairs, flat, in the order they would be sent. */
    'http.jar.get': { arg: { readonly jar: number; readonly url: string }; result: readonly string[] };
    'http.jar.set': {
      arg: { readonly jar: number; readonly url: string; readonly cookie: CookieSpec };
      result: undefined;
    };
    'http.jar.clear': { arg: { readonly jar: number; readonly url: string }; result: undefined };
    'http.jar.delete': {
      arg: { readonly jar: number; readonly url: string; readonly name: string };
      result: undefined;
    };
  }
}

/** Id of the VU's own cookie jar. */
export const DEFAULT_JAR = 0;

export type ResponseType = 'text' | 'binary' | 'none';
export type AuthMethod = 'basic' | 'digest' | 'ntlm';

export interface CookieSpec {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly path: string;
  /** Wall-clock milliseconds; undefined: a session cookie. */
  readonly expires: number | undefined;
  /** Seconds; 0: not given, negative: expires at once. */
  readonly maxAge: number;
  readonly secure: boolean;
  readonly httpOnly: boolean;
}

export interface RequestCookie {
  readonly name: string;
  readonly value: string;
  readonly replace: boolean;
}

/** One call of the script; the client adds what the options say, and follows redirects. */
export interface RequestSpec {
  readonly method: string;
  readonly url: string;
  /** The `name` tag when the script chose one (a tag, or `http.url`); undefined: the URL of each hop. */
  readonly name: string | undefined;
  /** `Name: value` lines, each ended by CRLF, names canonical and unique, without Host and Content-Length. */
  readonly headers: string;
  /** Host header the script asked for; empty: the URL's. */
  readonly host: string;
  /** Content-Length header the script asked for, as text; empty: none. */
  readonly contentLength: string;
  readonly body: string | Uint8Array | undefined;
  /** Codings to apply to the body, in order, with commas between; empty: none. */
  readonly compression: string;
  readonly cookies: readonly RequestCookie[] | undefined;
  readonly jar: number;
  readonly auth: AuthMethod | undefined;
  /** Milliseconds for the whole call, redirects included. */
  readonly timeout: number;
  readonly redirects: number | undefined;
  readonly responseType: ResponseType | undefined;
  readonly throw: boolean | undefined;
  /** Statuses that count as expected, as pairs of bounds; null: the request is neither expected nor failed. */
  readonly expected: readonly number[] | null;
  readonly tags: TagSet;
  readonly metadata: Readonly<Record<string, string>> | undefined;
}

export interface LendSpec {
  /** Number of the thread. */
  readonly thread: number;
  /** Where both sides keep the request, and the loan with it. */
  readonly place: number;
  /** Where the thread will keep the answer it has handed over; -1: it has handed none over. */
  readonly slot: number;
}

/** What a thread writes by itself, and where to. */
export interface Loan {
  /** Of the socket, which does not block. */
  readonly fd: number;
  readonly request: Uint8Array;
}

export interface Lent {
  /** False: every loan has ended. */
  readonly kept: boolean;
  /** Undefined: none, or the same as before. */
  readonly loan: Loan | undefined;
  /** Bytes of the head that was handed over; -1: the thread cannot deal with answers that begin with it. */
  readonly headLength: number;
  /** Bytes of the body behind every such head. */
  readonly bodyLength: number;
}

/** Times are milliseconds. */
export interface DirectExchange {
  /** Where the answer is kept. */
  readonly slot: number;
  readonly sending: number;
  readonly waiting: number;
  readonly receiving: number;
  /** Wall-clock. */
  readonly end: number;
}

/** How far an exchange has come. Times are wall-clock milliseconds; 0: not yet. */
export interface ResumeSpec {
  readonly spec: RequestSpec;
  readonly place: number;
  readonly start: number;
  /** Bytes of the request that were written. */
  readonly written: number;
  readonly sentAt: number;
  readonly firstAt: number;
  /** What has come of the response. */
  readonly received: Uint8Array;
  /** Code of the error that ended it, `EOF` for the end of the stream; empty: none. */
  readonly failure: string;
}

/** Times are milliseconds; without a response the status is 0 and the head empty. */
export interface ExchangeResult {
  readonly status: number;
  /** Code and reason, such as `200 OK`. */
  readonly statusText: string;
  /** `HTTP/1.1`, `HTTP/2.0`, …; empty without a response. */
  readonly proto: string;
  /** The URL of the last hop. */
  readonly url: string;
  /** Header lines of the response, each ended by a line feed (and perhaps a carriage return before it). */
  readonly head: string;
  readonly body: string | Uint8Array | null;
  readonly remoteIp: string;
  readonly remotePort: number;
  readonly tlsVersion: string;
  readonly tlsCipher: string;
  readonly ocspStatus: string;
  readonly blocked: number;
  readonly connecting: number;
  readonly tlsHandshaking: number;
  readonly sending: number;
  readonly waiting: number;
  readonly receiving: number;
  /** Header lines as they were first sent, Host and Content-Length left out. */
  readonly requestHeaders: string;
  /** Short text, the same for all errors of a kind; empty: no error. */
  readonly error: string;
  /** 0: none. */
  readonly errorCode: number;
  /** The whole message, for a log line or an exception. */
  readonly errorMessage: string;
  /** The script has to see an exception instead of a response. */
  readonly throws: boolean;
  /** The head has Set-Cookie lines. */
  readonly setsCookies: boolean;
  /** A cookie was stored in the jar on the way. */
  readonly jarChanged: boolean;
}
