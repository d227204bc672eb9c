/** Kinds of option values: each reads the text of a flag or variable, or the native value of the config file. */
import { z } from 'zod';
import { parseDuration } from '../suite/duration.ts';

const fromText = (read: (text: string) => unknown) => (value: unknown) =>
  typeof value === 'string' ? read(value.trim()) : value;

/** A text that is no number stays a text, so that the message says what was received. */
const toNumber = fromText((text) => (/^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text));

export const text = z.string('must be a text').min(1, 'must not be empty');

export const count = (least: number): z.ZodType<number> =>
  z.preprocess(toNumber, z.int(`must be a whole number of at least ${least}`).min(least, `must be at least ${least}`));

export const positive: z.ZodType<number> = z.preprocess(
  toNumber,
  z.number('must be a number above 0').positive('must be above 0'),
);

export const fraction: z.ZodType<number> = z.preprocess(
  toNumber,
  z.number('must be a number from 0 to 1').min(0, 'must be from 0 to 1').max(1, 'must be from 0 to 1'),
);

export const nonNegative: z.ZodType<number> = z.preprocess(
  toNumber,
  z.number('must be a number, 0 or more').min(0, 'must be 0 or more'),
);

export const port: z.ZodType<number> = z.preprocess(
  toNumber,
  z
    .int('must be a port from 0 to 65535')
    .min(0, 'must be a port from 0 to 65535')
    .max(65535, 'must be a port from 0 to 65535'),
);

export const flag: z.ZodType<boolean> = z.preprocess(
  fromText((value) => ({ true: true, '1': true, yes: true, false: false, '0': false, no: false })[value] ?? value),
  z.boolean('must be true or false'),
);

const durationMessage = 'must be a duration above 0 like 30s, 2m or 1h30m';

/** Milliseconds. */
export const duration: z.ZodType<number> = z.preprocess(
  fromText((value) => parseDuration(value) ?? value),
  z.number(durationMessage).positive(durationMessage),
);

/** A duration kept as k6 writes it. */
export const durationText = z
  .string(durationMessage)
  .refine((value) => (parseDuration(value) ?? 0) > 0, durationMessage);

export const names: z.ZodType<string[]> = z.preprocess(
  (value) =>
    typeof value === 'string' || Array.isArray(value)
      ? [value]
          .flat()
          .flatMap((item: unknown) => (typeof item === 'string' ? item.split(',').map((s) => s.trim()) : [item]))
      : value,
  z.array(text, 'must be a list of names').min(1, 'must name at least one'),
);

/** Texts one by one: a comma is part of one. */
export const texts: z.ZodType<string[]> = z.preprocess(
  (value) => (typeof value === 'string' ? [value] : value),
  z.array(text, 'must be a list of texts'),
);

/** Host names, addresses, `*.suffix`, or `private`. */
export const hosts = z.array(
  z
    .string('must be a host name')
    .regex(
      /^(\*\.)?[\w:-]+(\.[\w-]+)*$/,
      'must be a host without a scheme and port: gravl.app, *.preview.gravl.app or private',
    )
    .transform((host) => host.toLowerCase()),
  'must be a list of hosts',
);

/** `K=V` texts, or an object. */
export const pairs: z.ZodType<Record<string, string>> = z.preprocess(
  (value, context) => {
    if (typeof value !== 'string' && !Array.isArray(value)) return value;
    const found: [string, string][] = [];
    for (const item of [value].flat()) {
      const match = typeof item === 'string' ? /^([A-Za-z_][\w.-]*)=(.*)$/s.exec(item) : null;
      if (match?.[1] === undefined || match[2] === undefined) {
        context.addIssue({ code: 'custom', message: `must be NAME=VALUE`, input: item });
        return z.NEVER;
      }
      found.push([match[1], match[2]]);
    }
    return Object.fromEntries(found);
  },
  z.record(z.string(), z.string('must be a text'), 'must be NAME=VALUE'),
);

/** An http or https address without a trailing slash. */
export const httpUrl = text.transform((value, context) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    context.addIssue({
      code: 'custom',
      message: 'must be an http or https address like https://staging.gravl.app',
      input: value,
    });
    return z.NEVER;
  }
  return url.href.replace(/\/+$/, '');
});

export const threshold = z
  .string()
  .regex(
    /^\s*(avg|min|max|med|count|rate|value|p\(\d+(\.\d+)?\))\s*(<=?|>=?|={2,3}|!==?)\s*-?\d+(\.\d+)?\s*$/,
    'must be a threshold like p(95)<200 or rate<0.01',
  );

/** On a metric of the target: the trend (`growth`), the increase a second (`rate`), or the values themselves. */
export const serverThreshold = z
  .string()
  .regex(
    /^\s*(avg|min|max|med|last|growth|rate|p\(\d+(\.\d+)?\))\s*(<=?|>=?)\s*-?\d+(\.\d+)?(e\d+)?\s*$/,
    'must be a threshold like growth<0.2 or max<500000000',
  );
