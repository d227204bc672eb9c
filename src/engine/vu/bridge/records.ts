/**
 * What crosses between the threads with every request and iteration, field by field in a fixed order: no names, and one
 * byte for a field that is what it was last time, which most are.
 */
import type { ExchangeResult, RequestSpec } from '../../http/types.ts';
import type { Outcome } from '../../contracts/host.ts';
import type { TagSet } from '../../contracts/metrics.ts';
import type { LeaseTerms } from '../../contracts/vu.ts';
import type { GuestCall } from '../../guest/main.ts';
import type { Decoder, Encoder } from './wire.ts';

/** The first slots of each record: a slot remembers one field. */
const SPEC = 0;
const RESULT = 20;
const CALL = 40;

export function writeSpec(out: Encoder, spec: RequestSpec): void {
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
}

export function readSpec(input: Decoder): RequestSpec {
  return {
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
}

export function writeResult(out: Encoder, result: ExchangeResult): void {
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
  out.double(result.blocked);
  out.double(result.connecting);
  out.double(result.tlsHandshaking);
  out.double(result.sending);
  out.double(result.waiting);
  out.double(result.receiving);
  out.field(RESULT + 11, result.requestHeaders);
  out.field(RESULT + 12, result.error);
  out.field(RESULT + 13, result.errorCode);
  out.field(RESULT + 14, result.errorMessage);
  out.field(RESULT + 15, result.throws);
  out.field(RESULT + 16, result.setsCookies);
  out.field(RESULT + 17, result.jarChanged);
}

export function readResult(input: Decoder): ExchangeResult {
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
    blocked: input.double(),
    connecting: input.double(),
    tlsHandshaking: input.double(),
    sending: input.double(),
    waiting: input.double(),
    receiving: input.double(),
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
