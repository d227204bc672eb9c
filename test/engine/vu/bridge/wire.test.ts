/** The encoding between threads: what goes in comes out, in the same order, whatever was said before. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExchangeResult, RequestSpec } from '../../../../src/engine/http/types.ts';
import { InternedTagSet, ThreadTagSpace } from '../../../../src/engine/metrics/tags.ts';
import {
  placeOfSpec,
  readOutcome,
  readSpec,
  writeOutcome,
  writeSpec,
} from '../../../../src/engine/vu/bridge/records.ts';
import { plainSpec } from '../../http/support.ts';
import { Decoder, Encoder, type Frame, frameIn } from '../../../../src/engine/vu/bridge/wire.ts';

/** Writes the request by its place when it has one. */
const tell = (out: Encoder, asked: RequestSpec): number => writeSpec(out, asked, placeOfSpec(out, asked));

/** An encoder, a decoder, and what brings a frame from one to the other. */
function link(): { out: Encoder; input: Decoder; send: () => void } {
  const there = new ThreadTagSpace(undefined);
  const out = new Encoder((value) => value instanceof InternedTagSet);
  const input = new Decoder((entries) => there.intern(entries));
  const send = (): void => {
    const bytes = out.take();
    const frame: Frame = frameIn(new SharedArrayBuffer(bytes.length + 8), bytes.length);
    frame.bytes.set(bytes);
    input.feed(frame);
  };
  return { out, input, send };
}

const here = new ThreadTagSpace(undefined);
const tagSets = [
  [],
  [['name', 'a']],
  [['name', 'b']],
  [
    ['name', 'a'],
    ['group', '::x'],
  ],
].map((entries) => here.intern(entries as [string, string][]));

const spec: RequestSpec = {
  ...plainSpec('http://localhost/', tagSets[0] as RequestSpec['tags']),
  headers: 'Accept: */*\r\n',
};

const result: ExchangeResult = {
  status: 200,
  statusText: '200 OK',
  proto: 'HTTP/1.1',
  url: 'http://localhost/',
  head: 'Server: x\n',
  body: '{"ok":true}',
  remoteIp: '127.0.0.1',
  remotePort: 80,
  tlsVersion: '',
  tlsCipher: '',
  ocspStatus: '',
  blocked: 0,
  connecting: 0,
  tlsHandshaking: 0,
  sending: 0.01,
  waiting: 1.25,
  receiving: 0.1,
  requestHeaders: 'Accept: */*\r\n',
  error: '',
  errorCode: 0,
  errorMessage: '',
  throws: false,
  setsCookies: false,
  jarChanged: false,
};

const bodies = fc.oneof(
  fc.constantFrom(undefined, '', 'one', 'two', 'ü'.repeat(20), 'x'.repeat(20_000)),
  fc.uint8Array({ maxLength: 5 }),
);
/** Requests of which many are the one before. */
const specs = fc.array(
  fc.record({
    url: fc.constantFrom('http://localhost/', 'http://localhost/2'),
    body: bodies,
    tags: fc.constantFrom(...tagSets),
    timeout: fc.constantFrom(60_000, 1.5),
    expected: fc.constantFrom(spec.expected, null),
  }),
  { maxLength: 20 },
);
const results = fc.array(
  fc.record({
    status: fc.constantFrom(200, 404),
    body: bodies.map((body) => body ?? null),
    waiting: fc.double({ noNaN: true }),
    jarChanged: fc.boolean(),
  }),
  { maxLength: 20 },
);

/** The tags of both sides are of different spaces: compared by what they say. */
const plain = ({ tags, ...rest }: RequestSpec): unknown => ({ ...rest, tags: tags.entries() });

describe('the wire', () => {
  it('carries requests and results, repeated or not', () => {
    fc.assert(
      fc.property(specs, results, (asked, answered) => {
        const { out, input, send } = link();
        for (const changes of asked) {
          const sent = { ...spec, ...changes };
          tell(out, sent);
          send();
          expect(plain(readSpec(input).spec)).toEqual(plain(sent));
          expect(input.done).toBe(true);
        }
        for (const changes of answered) {
          const outcome = { ok: true, value: { ...result, ...changes } } as const;
          writeOutcome(out, outcome);
          send();
          expect(readOutcome(input)).toEqual(outcome);
          expect(input.done).toBe(true);
        }
      }),
    );
  });

  it('says what is repeated in a few bytes', () => {
    const { out } = link();
    tell(out, spec);
    const first = out.take().length;
    tell(out, { ...spec });
    expect(first).toBeGreaterThan(50);
    expect(out.take()).toHaveLength(1);
  });

  it('brings every field of a record that differs in nothing else', () => {
    const { out, input, send } = link();
    const other = (value: unknown): unknown =>
      typeof value === 'string'
        ? `${value}!`
        : typeof value === 'number'
          ? value + 1
          : typeof value === 'boolean'
            ? !value
            : 'x';
    for (const key of Object.keys(spec) as (keyof RequestSpec)[]) {
      for (const sent of [spec, { ...spec, [key]: key === 'tags' ? tagSets[3] : other(spec[key]) }]) {
        tell(out, sent);
        send();
        expect(plain(readSpec(input).spec), key).toEqual(plain(sent));
      }
    }
    for (const key of Object.keys(result) as (keyof ExchangeResult)[]) {
      for (const value of [result, { ...result, [key]: other(result[key]) }]) {
        writeOutcome(out, { ok: true, value });
        send();
        expect(readOutcome(input), key).toEqual({ ok: true, value });
      }
    }
  });

  it('can be told to forget between two records', () => {
    const { out, input, send } = link();
    const say = (): void => {
      out.name('n');
      out.tagSet(tagSets[1] as RequestSpec['tags']);
      tell(out, spec);
      out.value({ key: 'value' });
    };
    const hear = (): void => {
      expect(input.text()).toBe('n');
      expect((input.value() as RequestSpec['tags']).entries()).toEqual([['name', 'a']]);
      expect(plain(readSpec(input).spec)).toEqual(plain(spec));
      expect(input.value()).toEqual({ key: 'value' });
    };
    say();
    const whole = out.length;
    say();
    // What was half said is not sent.
    out.truncate(whole);
    out.forget();
    say();
    send();
    hear();
    input.forget();
    hear();
    expect(input.done).toBe(true);
  });

  it('tells a frame that ends too early', () => {
    const { out, input, send } = link();
    out.byte(1);
    send();
    input.double();
    expect(() => input.done).toThrow('in the middle of a record');
  });

  it('does not keep bytes, which may change after they were sent', () => {
    const { out, input, send } = link();
    const body = new Uint8Array([1, 2]);
    const asked = { ...spec, body };
    for (const byte of [1, 7]) {
      body[0] = byte;
      tell(out, asked);
      send();
      expect(readSpec(input).spec.body).toEqual(new Uint8Array([byte, 2]));
    }
  });

  it('carries names, tag sets and numbers in any order', () => {
    const item = fc.oneof(
      fc.record({ kind: fc.constant('name'), value: fc.constantFrom('', 'status is 200', 'ü', 'n'.repeat(300)) }),
      fc.record({ kind: fc.constant('tags'), value: fc.constantFrom(...tagSets) }),
      fc.record({ kind: fc.constant('double'), value: fc.double() }),
      fc.record({ kind: fc.constant('int'), value: fc.integer() }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(item)), (frames) => {
        const { out, input, send } = link();
        for (const items of frames) {
          for (const { kind, value } of items) {
            if (kind === 'name') out.name(value);
            else if (kind === 'tags') out.tagSet(value);
            else if (kind === 'double') out.double(value);
            else out.int(value);
          }
          send();
          for (const { kind, value } of items) {
            if (kind === 'name') expect(input.text()).toBe(value);
            else if (kind === 'tags') {
              expect((input.value() as RequestSpec['tags']).entries()).toEqual(value.entries());
            } else expect(kind === 'double' ? input.double() : input.int()).toBe(value);
          }
          expect(input.done).toBe(true);
        }
      }),
    );
  });

  it('numbers so many names and no more', () => {
    const { out, input, send } = link();
    const names = Array.from({ length: 5000 }, (_, n) => `name ${n}`);
    for (const round of [1, 2]) {
      for (const name of names) out.name(name);
      const { length } = out;
      send();
      for (const name of names) expect(input.text()).toBe(name);
      if (round === 2) expect(length).toBe(512 * 5 + 4488 * (5 + 'name 1000'.length) - 488);
    }
  });
});
