/**
 * What crosses between the threads with every request and iteration, field by field in a fixed order: no names, and one
 * byte for a field that is what it was last time, which most are.
 */
import type { DirectExchange, ExchangeResult, Lent, LendSpec, RequestSpec, ResumeSpec } from '../../http/types.ts';
import type { Outcome } from '../../contracts/host.ts';
import type { TagSet } from '../../contracts/metrics.ts';
import { now } from '../../http/clock.ts';
import type { LeaseTerms } from '../../contracts/vu.ts';
import type { GuestCall } from '../../guest/main.ts';
import type { Recent } from './recent.ts';
import { type Decoder, type Encoder, MEMORABLE } from './wire.ts';

/** The first slots of each record: a slot remembers one field. */
const SPEC = 0;
const RESULT = 20;
const CALL = 40;

/** Kinds of records that are remembered as a whole, by their place in `Encoder.recent`. */
const SPECS = 0;
const RESULTS = 1;

/** Of the texts of a record; one with bytes, whose content can change, is never kept. */
function lengthOf(body: string | Uint8Array | null | undefined): number {
  return typeof body === 'string' ? body.length : body === undefined || body === null ? 0 : Infinity;
}

const keepsSpec = ({ body, url, headers }: RequestSpec): boolean =>
  lengthOf(body) + url.length + headers.length <= MEMORABLE;

const keepsResult = ({ body, head, url, requestHeaders, errorMessage }: Untimed): boolean =>
  lengthOf(body) + head.length + url.length + requestHeaders.length + errorMessage.length <= MEMORABLE;

/** Often a request is one of the last few again: then a byte says so and no field is sent. */
function sameSpec(a: RequestSpec, b: RequestSpec): boolean {
  return (
    a.url === b.url &&
    a.tags === b.tags &&
    a.method === b.method &&
    a.name === b.name &&
    a.headers === b.headers &&
    a.host === b.host &&
    a.contentLength === b.contentLength &&
    a.body === b.body &&
    a.compression === b.compression &&
    a.cookies === b.cookies &&
    a.jar === b.jar &&
    a.auth === b.auth &&
    a.timeout === b.timeout &&
    a.redirects === b.redirects &&
    a.responseType === b.responseType &&
    a.throw === b.throw &&
    a.expected === b.expected &&
    a.metadata === b.metadata
  );
}

function sameResult(a: Untimed, b: Untimed): boolean {
  return (
    a.status === b.status &&
    a.head === b.head &&
    a.body === b.body &&
    a.url === b.url &&
    a.statusText === b.statusText &&
    a.proto === b.proto &&
    a.remoteIp === b.remoteIp &&
    a.remotePort === b.remotePort &&
    a.tlsVersion === b.tlsVersion &&
    a.tlsCipher === b.tlsCipher &&
    a.ocspStatus === b.ocspStatus &&
    a.requestHeaders === b.requestHeaders &&
    a.error === b.error &&
    a.errorCode === b.errorCode &&
    a.errorMessage === b.errorMessage &&
    a.throws === b.throws &&
    a.setsCookies === b.setsCookies &&
    a.jarChanged === b.jarChanged
  );
}

/** @returns where among the last records of its kind there is one that is the same; -1: nowhere */
function placeOf<T>(recent: Recent, record: T, same: (a: T, b: T) => boolean): number {
  const { records } = recent;
  for (let i = 0; i < records.length; i++) if (same(records[i] as T, record)) return i;
  return -1;
}

/** Where both sides keep the request: the place to be given to {@link writeSpec}. */
export function placeOfSpec(out: Encoder, spec: RequestSpec): number {
  return placeOf(out.recent[SPECS], spec, sameSpec);
}

/**
 * @param place from {@link placeOfSpec}
 * @returns where a request that was not known is kept from now on; -1: nowhere
 */
export function writeSpec(out: Encoder, spec: RequestSpec, place: number): number {
  out.byte(place + 1);
  if (place >= 0) {
    out.recent[SPECS].use(place);
    return -1;
  }
  out.field(SPEC, spec.method);
  out.field(SPEC + 1, spec.url);
  out.field(SPEC + 2, spec.name);
  out.field(SPEC + 3, spec.headers);
  out.field(SPEC + 4, spec.host);
  out.field(SPEC + 5, spec.contentLength);
  out.field(SPEC + 6, spec.body);
  out.field(SPEC + 7, spec.compression);
  out.field(SPEC + 8, spec.cookies);
  out.field(SPEC + 9, spec.jar);
  out.field(SPEC + 10, spec.auth);
  out.field(SPEC + 11, spec.timeout);
  out.field(SPEC + 12, spec.redirects);
  out.field(SPEC + 13, spec.responseType);
  out.field(SPEC + 14, spec.throw);
  out.field(SPEC + 15, spec.expected);
  out.tagSet(spec.tags);
  out.field(SPEC + 16, spec.metadata);
  return keepsSpec(spec) ? out.recent[SPECS].keep(spec) : -1;
}

/** The request, and where it was known to be kept; -1: it was not known. */
export function readSpec(input: Decoder): { readonly spec: RequestSpec; readonly place: number } {
  const recent = input.recent[SPECS];
  const place = input.byte() - 1;
  if (place >= 0) {
    recent.use(place);
    return { spec: recent.records[place] as RequestSpec, place };
  }
  const spec: RequestSpec = {
    method: input.field(SPEC) as string,
    url: input.field(SPEC + 1) as string,
    name: input.field(SPEC + 2) as string | undefined,
    headers: input.field(SPEC + 3) as string,
    host: input.field(SPEC + 4) as string,
    contentLength: input.field(SPEC + 5) as string,
    body: input.field(SPEC + 6) as RequestSpec['body'],
    compression: input.field(SPEC + 7) as string,
    cookies: input.field(SPEC + 8) as RequestSpec['cookies'],
    jar: input.field(SPEC + 9) as number,
    auth: input.field(SPEC + 10) as RequestSpec['auth'],
    timeout: input.field(SPEC + 11) as number,
    redirects: input.field(SPEC + 12) as number | undefined,
    responseType: input.field(SPEC + 13) as RequestSpec['responseType'],
    throw: input.field(SPEC + 14) as boolean | undefined,
    expected: input.field(SPEC + 15) as RequestSpec['expected'],
    tags: input.value() as TagSet,
    metadata: input.field(SPEC + 16) as RequestSpec['metadata'],
  };
  if (keepsSpec(spec)) recent.keep(spec);
  return { spec, place };
}

export function writeResult(out: Encoder, result: ExchangeResult): void {
  out.double(result.blocked);
  out.double(result.connecting);
  out.double(result.tlsHandshaking);
  out.double(result.sending);
  out.double(result.waiting);
  out.double(result.receiving);
  const recent = out.recent[RESULTS];
  const place = placeOf<Untimed>(recent, result, sameResult);
  out.byte(place + 1);
  if (place >= 0) {
    recent.use(place);
    return;
  }
  if (keepsResult(result)) recent.keep(result);
  out.field(RESULT, result.status);
  out.field(RESULT + 1, result.statusText);
  out.field(RESULT + 2, result.proto);
  out.field(RESULT + 3, result.url);
  out.field(RESULT + 4, result.head);
  out.field(RESULT + 5, result.body);
  out.field(RESULT + 6, result.remoteIp);
  out.field(RESULT + 7, result.remotePort);
  out.field(RESULT + 8, result.tlsVersion);
  out.field(RESULT + 9, result.tlsCipher);
  out.field(RESULT + 10, result.ocspStatus);
  out.field(RESULT + 11, result.requestHeaders);
  out.field(RESULT + 12, result.error);
  out.field(RESULT + 13, result.errorCode);
  out.field(RESULT + 14, result.errorMessage);
  out.field(RESULT + 15, result.throws);
  out.field(RESULT + 16, result.setsCookies);
  out.field(RESULT + 17, result.jarChanged);
}

export function readResult(input: Decoder): ExchangeResult {
  const blocked = input.double();
  const connecting = input.double();
  const tlsHandshaking = input.double();
  const sending = input.double();
  const waiting = input.double();
  const receiving = input.double();
  const recent = input.recent[RESULTS];
  const place = input.byte();
  if (place > 0) recent.use(place - 1);
  const kept = place > 0 ? (recent.records[place - 1] as Untimed) : readUntimed(input);
  if (place === 0 && keepsResult(kept)) recent.keep(kept);
  return resultOf(kept, kept.body, blocked, connecting, tlsHandshaking, sending, waiting, receiving);
}

/** A plain literal: anything cleverer is slower. */
function resultOf(
  kept: Untimed,
  body: ExchangeResult['body'],
  blocked: number,
  connecting: number,
  tlsHandshaking: number,
  sending: number,
  waiting: number,
  receiving: number,
): ExchangeResult {
  return {
    status: kept.status,
    statusText: kept.statusText,
    proto: kept.proto,
    url: kept.url,
    head: kept.head,
    body,
    remoteIp: kept.remoteIp,
    remotePort: kept.remotePort,
    tlsVersion: kept.tlsVersion,
    tlsCipher: kept.tlsCipher,
    ocspStatus: kept.ocspStatus,
    blocked,
    connecting,
    tlsHandshaking,
    sending,
    waiting,
    receiving,
    requestHeaders: kept.requestHeaders,
    error: kept.error,
    errorCode: kept.errorCode,
    errorMessage: kept.errorMessage,
    throws: kept.throws,
    setsCookies: kept.setsCookies,
    jarChanged: kept.jarChanged,
  };
}

/** An exchange that the worker has made by itself, for the request at this place. */
export function writeDirect(out: Encoder, place: number, exchange: DirectExchange): void {
  out.recent[SPECS].use(place);
  out.byte(place);
  out.int(exchange.slot);
  out.double(exchange.sending);
  out.double(exchange.waiting);
  out.double(exchange.receiving);
  out.double(exchange.end);
}

export function readDirect(input: Decoder): DirectExchange {
  input.recent[SPECS].use(input.byte());
  return {
    slot: input.int(),
    sending: input.double(),
    waiting: input.double(),
    receiving: input.double(),
    end: input.double(),
  };
}

/** The result of an exchange that went as the one before it. */
export function repeatedResult(
  kept: ExchangeResult,
  body: ExchangeResult['body'],
  { sending, waiting, receiving }: DirectExchange,
): ExchangeResult {
  return resultOf(kept, body, 0, 0, 0, sending, waiting, receiving);
}

/** How far an exchange has come that the worker hands over; the request, by its place, goes before it. */
export function writeProgress(
  out: Encoder,
  { slot, start, written, sentAt, firstAt, received, failure }: Progress,
): void {
  out.int(slot);
  out.double(now());
  out.double(start);
  out.int(written);
  out.double(sentAt);
  out.double(firstAt);
  out.value(received);
  out.text(failure);
}

/** Times are by the clock of this thread, which may have been set since the worker's began. */
export function readProgress(input: Decoder): Progress {
  const slot = input.int();
  const shift = now() - input.double();
  const start = input.double() + shift;
  const written = input.int();
  const sentAt = input.double();
  const firstAt = input.double();
  return {
    slot,
    start,
    written,
    sentAt: sentAt && sentAt + shift,
    firstAt: firstAt && firstAt + shift,
    received: input.value() as Uint8Array,
    failure: input.text(),
  };
}

type Progress = Omit<ResumeSpec, 'spec' | 'place'> & Pick<LendSpec, 'slot'>;

/** What the worker may do by itself from now on; it follows the outcome of an exchange. */
export function writeLent(out: Encoder, { kept, loan, headLength, bodyLength }: Lent): void {
  out.byte(kept ? 1 : 0);
  out.int(headLength);
  out.int(bodyLength);
  out.int(loan?.fd ?? -1);
  if (loan !== undefined) out.value(loan.request);
}

export function readLent(input: Decoder): Lent {
  const kept = input.byte() === 1;
  const headLength = input.int();
  const bodyLength = input.int();
  const fd = input.int();
  return { kept, headLength, bodyLength, loan: fd < 0 ? undefined : { fd, request: input.value() as Uint8Array } };
}

type Untimed = Omit<ExchangeResult, 'blocked' | 'connecting' | 'tlsHandshaking' | 'sending' | 'waiting' | 'receiving'>;

function readUntimed(input: Decoder): Untimed {
  return {
    status: input.field(RESULT) as number,
    statusText: input.field(RESULT + 1) as string,
    proto: input.field(RESULT + 2) as string,
    url: input.field(RESULT + 3) as string,
    head: input.field(RESULT + 4) as string,
    body: input.field(RESULT + 5) as ExchangeResult['body'],
    remoteIp: input.field(RESULT + 6) as string,
    remotePort: input.field(RESULT + 7) as number,
    tlsVersion: input.field(RESULT + 8) as string,
    tlsCipher: input.field(RESULT + 9) as string,
    ocspStatus: input.field(RESULT + 10) as string,
    requestHeaders: input.field(RESULT + 11) as string,
    error: input.field(RESULT + 12) as string,
    errorCode: input.field(RESULT + 13) as number,
    errorMessage: input.field(RESULT + 14) as string,
    throws: input.field(RESULT + 15) as boolean,
    setsCookies: input.field(RESULT + 16) as boolean,
    jarChanged: input.field(RESULT + 17) as boolean,
  };
}

/** Exchanges hardly ever fail as operations: a failed request is a result. */
export function writeOutcome(out: Encoder, outcome: Outcome<ExchangeResult>): void {
  out.byte(outcome.ok ? 1 : 0);
  if (outcome.ok) writeResult(out, outcome.value);
  else out.value(outcome);
}

export function readOutcome(input: Decoder): Outcome<ExchangeResult> {
  return input.byte() === 1
    ? { ok: true, value: readResult(input) }
    : (input.value() as Extract<Outcome<never>, { ok: false }>);
}

/** A call, and the terms of the lease by which others may follow it. */
export function writeCall(
  out: Encoder,
  { stage, exec, data, scenario, iteration }: GuestCall,
  terms: LeaseTerms | undefined,
): void {
  out.field(CALL, stage);
  out.field(CALL + 1, exec);
  out.field(CALL + 2, data);
  out.field(CALL + 3, scenario);
  out.double(iteration.inVu);
  out.double(iteration.inScenario);
  out.double(iteration.inInstance);
  out.double(iteration.inTest);
  out.field(CALL + 4, terms);
}

/** The terms follow: {@link readTerms}. */
export function readCall(input: Decoder): GuestCall {
  return {
    stage: input.field(CALL) as GuestCall['stage'],
    exec: input.field(CALL + 1) as string,
    data: input.field(CALL + 2) as string | undefined,
    scenario: input.field(CALL + 3) as GuestCall['scenario'],
    iteration: {
      inVu: input.double(),
      inScenario: input.double(),
      inInstance: input.double(),
      inTest: input.double(),
    },
  };
}

export function readTerms(input: Decoder): LeaseTerms | undefined {
  return input.field(CALL + 4) as LeaseTerms | undefined;
}
