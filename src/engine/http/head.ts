/** The head of an HTTP/1.x response: what Go's net/http (and so k6) accepts, and its words for what it refuses. */

export interface ResponseHead {
  readonly status: number;
  /** Code and reason as they were sent. */
  readonly statusText: string;
  /** `HTTP/1.0` or `HTTP/1.1`. */
  readonly proto: string;
  /** The header lines, each with its line end, without the status line and the empty line. */
  readonly lines: string;
  /** -1: none given. Meaningless when chunked. */
  readonly contentLength: number;
  readonly chunked: boolean;
  /** The connection must not be used again. */
  readonly close: boolean;
  readonly contentEncoding: string;
  readonly location: string | undefined;
  readonly setCookies: readonly string[];
  /** Challenges of WWW-Authenticate. */
  readonly challenges: readonly string[];
}

/** The peer broke the protocol; the connection is useless from here on. */
export class ProtocolError extends Error {}

/** 1 for the characters of a name. */
const TOKEN = new Uint8Array(128);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
  TOKEN[char.charCodeAt(0)] = 1;
const NONE: readonly string[] = [];

/** @param text everything up to and including the line end of the last header, without the empty line */
export function parseHead(text: string): ResponseHead {
  let lineEnd = text.indexOf('\n');
  const first = trimLine(text, 0, lineEnd);
  const space = first.indexOf(' ');
  if (space < 0) throw new ProtocolError(`malformed HTTP response ${quote(first)}`);
  const proto = first.slice(0, space);
  const rest = first.slice(space + 1).trimStart();
  const blank = rest.indexOf(' ');
  const code = blank < 0 ? rest : rest.slice(0, blank);
  if (code.length !== 3) throw new ProtocolError(`malformed HTTP status code ${quote(code)}`);
  if (!/^\d{3}$/.test(code)) throw new ProtocolError(`malformed HTTP status code ${quote(code)}`);
  if (proto !== 'HTTP/1.1' && proto !== 'HTTP/1.0') {
    if (!/^HTTP\/\d\.\d$/.test(proto)) throw new ProtocolError(`malformed HTTP version ${quote(proto)}`);
  }
  const status = Number(code);
  const lines = text.slice(lineEnd + 1);

  let contentLength = -1;
  let lengthText: string | undefined;
  let chunked = false;
  let close = proto < 'HTTP/1.1';
  let contentEncoding = '';
  let location: string | undefined;
  let setCookies: string[] | undefined;
  let challenges: string[] | undefined;

  for (let at = lineEnd + 1; at < text.length; at = lineEnd + 1) {
    lineEnd = text.indexOf('\n', at);
    let next = text.charCodeAt(lineEnd + 1);
    // Folded lines belong to the header before them.
    while (next === 32 || next === 9) {
      lineEnd = text.indexOf('\n', lineEnd + 1);
      next = text.charCodeAt(lineEnd + 1);
    }
    const colon = text.indexOf(':', at);
    if (colon < 0 || colon > lineEnd) throw malformedLine(text, at, lineEnd);
    if (!isToken(text, at, colon)) throw malformedLine(text, at, lineEnd);
    // Names that matter have these lengths.
    switch (colon - at) {
      case 8:
      case 10:
      case 14:
      case 16:
      case 17:
        break;
      default:
        continue;
    }
    const name = text.slice(at, colon).toLowerCase();
    switch (name) {
      case 'content-length': {
        const value = headerValue(text, colon + 1, lineEnd);
        if (lengthText !== undefined && lengthText !== value) {
          throw new ProtocolError(
            `http: message cannot contain multiple Content-Length headers; got [${quote(lengthText)} ${quote(value)}]`,
          );
        }
        lengthText = value;
        break;
      }
      case 'transfer-encoding': {
        const value = headerValue(text, colon + 1, lineEnd);
        // HTTP/1.0 knows no transfer codings.
        if (proto < 'HTTP/1.1') break;
        if (chunked) throw new ProtocolError('too many transfer encodings: ["chunked" "chunked"]');
        if (value.toLowerCase() !== 'chunked')
          throw new ProtocolError(`unsupported transfer encoding: ${quote(value)}`);
        chunked = true;
        break;
      }
      case 'connection': {
        const value = headerValue(text, colon + 1, lineEnd).toLowerCase();
        if (hasToken(value, 'close')) close = true;
        else if (proto < 'HTTP/1.1' && hasToken(value, 'keep-alive')) close = false;
        break;
      }
      case 'content-encoding':
        contentEncoding = headerValue(text, colon + 1, lineEnd);
        break;
      case 'location':
        location ??= headerValue(text, colon + 1, lineEnd);
        break;
      case 'set-cookie':
        (setCookies ??= []).push(headerValue(text, colon + 1, lineEnd));
        break;
      case 'www-authenticate':
        (challenges ??= []).push(headerValue(text, colon + 1, lineEnd));
        break;
    }
  }
  if (lengthText !== undefined && !chunked) {
    contentLength = /^\d+$/.test(lengthText) ? Number(lengthText) : -2;
    if (contentLength < 0 || contentLength > Number.MAX_SAFE_INTEGER) {
      throw new ProtocolError(`bad Content-Length ${quote(lengthText)}`);
    }
  }
  return {
    status,
    statusText: rest,
    proto,
    lines,
    contentLength,
    chunked,
    close,
    contentEncoding,
    location,
    setCookies: setCookies ?? NONE,
    challenges: challenges ?? NONE,
  };
}

/** A value without surrounding white space, its folded lines joined by one space. */
export function headerValue(text: string, from: number, to: number): string {
  const value = text.slice(from, to);
  return value.includes('\n') ? value.split('\n').map(trimBlanks).join(' ') : trimBlanks(value);
}

/** Quotes as Go's %q does for the characters that matter in a message. */
export function quote(text: string): string {
  return JSON.stringify(text);
}

function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return from === 0 && to === text.length ? text : text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 13;
}

function trimLine(text: string, from: number, lineEnd: number): string {
  return text.slice(from, text.charCodeAt(lineEnd - 1) === 13 ? lineEnd - 1 : lineEnd);
}

function hasToken(list: string, token: string): boolean {
  return list === token || list.split(',').some((part) => part.trim() === token);
}

/** A regular expression would need a string of its own for each name. */
function isToken(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (TOKEN[text.charCodeAt(i)] !== 1) return false;
  return to > from;
}

function malformedLine(text: string, at: number, lineEnd: number): ProtocolError {
  return new ProtocolError(`malformed MIME header line: ${trimLine(text, at, lineEnd)}`);
}
