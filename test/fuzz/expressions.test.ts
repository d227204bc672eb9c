import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readOptions } from '../../src/config/options.ts';
import { maskText, redactUrl } from '../../src/config/redact.ts';
import { runOptions } from '../../src/config/run-options.ts';
import { Redactor } from '../../src/config/secrets.ts';
import * as value from '../../src/config/values.ts';
import { EngineError } from '../../src/engine/contracts/errors.ts';
import { findChallenge } from '../../src/engine/http/digest.ts';
import { parseSetCookie } from '../../src/engine/http/cookies.ts';
import { formatUrl, parseUrl, UrlError } from '../../src/engine/http/url.ts';
import { DurationError, formatDuration, parseDuration } from '../../src/engine/options/duration.ts';
import { consolidate } from '../../src/engine/options/consolidate.ts';
import { DecodeError } from '../../src/engine/options/decode.ts';
import { layerFromEnv, layerFromJson } from '../../src/engine/options/layers.ts';
import { parseThreshold } from '../../src/engine/metrics/thresholds/parse.ts';
import { parseMetrics } from '../../src/run/prometheus.ts';
import * as suiteDuration from '../../src/suite/duration.ts';
import { json, judged, mutated, reads, settings, textOf, timeout } from './fuzz.ts';

const never = (): boolean => false;
const duration = textOf('1', '.', '-', '+', '5', '30', 's', 'm', 'h', 'ms', 'd', 'us', 'µs', 'ns', ' ', 'e3');
const threshold = textOf(
  'p(',
  ')',
  '95',
  'avg',
  'rate',
  'count',
  '<',
  '>',
  '=',
  '!',
  '&',
  ' ',
  '0.1',
  '1e3',
  'NaN',
  'Inf',
  '(',
  'med',
  'growth',
);

describe('expressions', { timeout }, () => {
  it('durations are read or refused, the same way round', () => {
    fc.assert(
      fc.property(duration, (text) => {
        reads(
          () => {
            const ms = parseDuration(text);
            if (Number.isFinite(ms) && Math.abs(ms) < 1e12)
              expect(parseDuration(formatDuration(ms))).toBeCloseTo(ms, 3);
          },
          (error) => error instanceof DurationError,
        );
        reads(() => suiteDuration.parseDuration(text), never);
      }),
      settings(400),
    );
  });

  it('thresholds', () => {
    fc.assert(
      fc.property(threshold, (text) => {
        reads(() => parseThreshold(text), never);
        reads(() => value.threshold.safeParse(text), never);
        reads(() => value.serverThreshold.safeParse(text), never);
      }),
      settings(400),
    );
  });

  it('tag filters of thresholds, stages and scenarios in the options of a script', () => {
    const metric = textOf('http_req_duration', '{', '}', ':', ',', 'name', 'a', '"', ' ', '!', '*', '::');
    const options = {
      scenarios: {
        one: {
          executor: 'ramping-arrival-rate',
          startRate: 1,
          timeUnit: '1s',
          preAllocatedVUs: 1,
          stages: [{ duration: '1s', target: 1 }],
        },
        two: { executor: 'shared-iterations', vus: 1, iterations: 2, maxDuration: '1m' },
      },
      thresholds: {
        'http_req_duration{name:a}': ['p(95)<200', { threshold: 'avg<1', abortOnFail: true, delayAbortEval: '1s' }],
      },
      tags: { a: 'b' },
      hosts: { 'a.test': '127.0.0.1:1' },
      dns: { ttl: '1m' },
    };
    fc.assert(
      fc.property(fc.oneof(mutated(options), json), metric, threshold, duration, (given, name, expression, time) => {
        const candidate = typeof given === 'object' && given !== null && !Array.isArray(given) ? { ...given } : {};
        const own = (error: unknown): boolean => error instanceof EngineError || error instanceof DecodeError;
        const read = (text: unknown): void =>
          reads(() => consolidate([['script', layerFromJson(text).layer]], undefined), own);
        read(given);
        read({ ...candidate, thresholds: { [name]: [expression] } });
        read({ stages: [{ duration: time, target: 1 }] });
        reads(() => layerFromEnv({ K6_STAGES: `${time}:${expression}`, K6_DURATION: time, K6_TAGS: name }), own);
      }),
      settings(150),
    );
  });

  it('flags, variables and the values of a configuration file', () => {
    const given = fc.dictionary(fc.constantFrom(...Object.keys(runOptions)), fc.oneof(json, duration, threshold));
    fc.assert(
      fc.property(given, (values) => {
        const problems: string[] = [];
        reads(() => readOptions(runOptions, { flags: values, env: {} }, problems), never);
        for (const problem of problems) expect(problem).toMatch(/^--[a-z-]+: ./);
      }),
      settings(200),
    );
  });

  it('addresses, cookies, challenges and metrics of a target', () => {
    const url = textOf(
      'http',
      's',
      ':',
      '//',
      '/',
      '@',
      'a.test',
      '[::1]',
      ':80',
      '?',
      '#',
      '%zz',
      '%20',
      '..',
      '\\',
      'user:pw',
      ' ',
    );
    const header = textOf(
      'a',
      '=',
      '"',
      ';',
      ',',
      ' ',
      'Digest',
      'realm',
      'nonce',
      'qop=auth',
      'Domain',
      'Max-Age',
      'Expires',
      '\\',
      'Path=/',
    );
    const metrics = textOf(
      'http_requests_total',
      '{',
      '}',
      'a="b"',
      ',',
      ' ',
      '\n',
      '#',
      'TYPE',
      '1',
      '+Inf',
      'NaN',
      '\\',
    );
    fc.assert(
      fc.property(url, header, metrics, (address, line, text) => {
        reads(
          () => formatUrl(parseUrl(address)),
          (error) => error instanceof UrlError,
        );
        reads(() => value.httpUrl.safeParse(address), never);
        reads(() => redactUrl(address), never);
        reads(() => parseSetCookie(line), never);
        reads(() => findChallenge([line]), never);
        reads(() => parseMetrics(text), never);
        reads(() => maskText(new Redactor([line, address]).text(`${text}${line}${address}`)), never);
      }),
      settings(200),
    );
  });

  it.each([
    ['a duration', () => suiteDuration.parseDuration('1'.repeat(1e6))],
    ['parts of a duration', () => parseDuration(`${'1s'.repeat(2e5)}x`)],
    ['a threshold', () => parseThreshold(`p(${' '.repeat(1e6)}<1`)],
    ['a threshold of the plan', () => value.threshold.safeParse(`avg${' '.repeat(1e6)}<1x`)],
    ['text without a secret', () => maskText('a'.repeat(2e5))],
    [
      'text that nearly has secrets',
      () => maskText('token '.repeat(5e4) + 'Bearer '.repeat(5e4) + 'http://'.repeat(5e4)),
    ],
    ['metrics of one line', () => parseMetrics(`a{${'b="c",'.repeat(1e5)}`)],
    ['a cookie', () => parseSetCookie(`a=${';'.repeat(1e6)}`)],
    ['a challenge', () => findChallenge([`Digest ${'a="b", '.repeat(1e5)}`])],
  ])('does not hang on an endless %s', (_, reader) => {
    reads(reader, (error) => error instanceof DurationError || error instanceof UrlError);
  });

  it('counts its inputs', () => {
    process.stdout.write(`expressions: ${judged.inputs} inputs\n`);
    expect(judged.inputs).toBeGreaterThan(1000);
  });
});
