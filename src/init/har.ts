/** Requests from a HAR, as browsers save it: the calls of the page's main API, without what is secret. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { looksSecret } from '../config/redact.ts';
import { LoadError, messageOf } from '../errors.ts';
import { shapeOfExample } from './body-shape.ts';
import type { RequestSketch, Sketches } from './sketch.ts';

const pairs = z.array(z.object({ name: z.string(), value: z.string() })).optional();
const entrySchema = z.object({
  request: z.object({
    method: z.string(),
    url: z.string(),
    headers: pairs,
    postData: z.object({ mimeType: z.string().optional(), text: z.string().optional() }).optional(),
  }),
  response: z.object({
    status: z.int(),
    content: z
      .object({ mimeType: z.string().optional(), text: z.string().optional(), encoding: z.string().optional() })
      .optional(),
  }),
});
const harSchema = z.object({ log: z.object({ entries: z.array(entrySchema) }) });

type Entry = z.infer<typeof entrySchema>;

/** Answers that a load test of the API has no use for. */
const assets = /^(image|font|video|audio)\/|\/(css|javascript|x-javascript|wasm|html)\b|^text\/(css|javascript|html)/;
/** Identifiers in paths: numbers, UUIDs, long hexadecimal numbers. */
const identifier = /^(\d+|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{16,})$/i;
const mostValues = 20;

/**
 * @param methods the ones to take, in lower case
 * @throws LoadError init.input
 */
export async function readHar(file: string, methods: readonly string[]): Promise<Sketches> {
  const entries = await readEntries(file);
  const calls = entries.filter(
    ({ request, response }) =>
      URL.canParse(request.url) && response.status > 0 && !assets.test(response.content?.mimeType ?? ''),
  );
  const origin = mostCommon(calls.map(({ request }) => new URL(request.url).origin));
  if (origin === undefined) throw new LoadError('init.input', `${file} has no request of an API`);
  const ours = calls.filter(({ request }) => new URL(request.url).origin === origin);
  const taken = ours.filter(({ request }) => methods.includes(request.method.toLowerCase()));
  const merged = new Map<string, RequestSketch>();
  for (const entry of taken) {
    const request = sketch(entry);
    const key = `${request.method} ${request.path}`;
    merged.set(key, merge(merged.get(key), request));
  }
  const left = (n: number, what: string): string[] => (n === 0 ? [] : [`${n} ${what}`]);
  return {
    requests: [...merged.values()],
    leftOut: [
      ...left(entries.length - calls.length, 'of pages, pictures, styles and scripts'),
      ...left(calls.length - ours.length, `to other hosts than ${origin}`),
      ...left(ours.length - taken.length, 'of other methods (--methods takes them, too)'),
    ],
  };
}

async function readEntries(file: string): Promise<readonly Entry[]> {
  try {
    const result = harSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
    if (result.success) return result.data.log.entries;
    const [issue] = result.error.issues;
    throw new LoadError(
      'init.input',
      `${file} is not a HAR: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`,
    );
  } catch (error) {
    if (error instanceof LoadError) throw error;
    throw new LoadError('init.input', `${file} is not a HAR: ${messageOf(error)}`, { cause: error });
  }
}

function sketch({ request, response }: Entry): RequestSketch {
  const url = new URL(request.url);
  const pathValues: Record<string, readonly string[]> = {};
  const path = url.pathname
    .split('/')
    .map((segment) => {
      if (!identifier.test(segment)) return segment;
      const name = `id${Object.keys(pathValues).length === 0 ? '' : Object.keys(pathValues).length + 1}`;
      pathValues[name] = [segment];
      return `{${name}}`;
    })
    .join('/');
  const notes: string[] = [];
  const query = [...url.searchParams].map(([name, value]) => {
    if (!looksSecret(name)) return [name, value] as const;
    notes.push(`The value of ${name} looked like a secret and was left out.`);
    return [name, ''] as const;
  });
  const { mimeType = '', text, encoding } = response.content ?? {};
  const isJson = /[/+]json\b/.test(mimeType);
  const body = request.postData?.text;
  if (body !== undefined) notes.push('The body was recorded: see that no secret is in it.');
  return {
    method: request.method.toUpperCase(),
    path,
    pathValues,
    query,
    headers: body === undefined ? {} : { 'Content-Type': request.postData?.mimeType ?? 'application/json' },
    body,
    status: response.status === 304 ? 200 : response.status,
    contentType: mimeType === '' ? undefined : isJson ? 'application/json' : mimeType.split(';')[0],
    shape: isJson && text !== undefined && encoding === undefined ? exampleShape(text) : undefined,
    notes,
  };
}

/** The same call again: its identifiers are further values. */
function merge(known: RequestSketch | undefined, request: RequestSketch): RequestSketch {
  if (known === undefined) return request;
  const pathValues = Object.fromEntries(
    Object.entries(known.pathValues).map(([name, values]) => [
      name,
      [...new Set([...values, ...(request.pathValues[name] ?? [])])].slice(0, mostValues),
    ]),
  );
  return { ...known, pathValues, shape: known.shape ?? request.shape };
}

function exampleShape(text: string): RequestSketch['shape'] {
  try {
    return shapeOfExample(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function mostCommon(values: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
