/** Requests from an OpenAPI 3 or Swagger 2 document: only the document itself is read, never what it points to. */
import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { LoadError, messageOf } from '../errors.ts';
import { shapeOfSchema } from './body-shape.ts';
import type { RequestSketch, Sketches } from './sketch.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: object;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value?: unknown }>>;
}

interface MediaType {
  readonly schema?: object;
  readonly example?: unknown;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, MediaType>> };
  readonly responses?: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, MediaType>>; readonly schema?: object }>
  >;
}

interface ApiDocument {
  readonly servers?: readonly { readonly url: string }[];
  readonly basePath?: string;
  readonly paths?: Readonly<
    Record<string, (Readonly<Record<string, Operation>> & { parameters?: readonly Parameter[] }) | undefined>
  >;
}

const allMethods = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'];

/**
 * @param methods the ones to take, in lower case
 * @throws LoadError init.input
 */
export async function readOpenApi(file: string, methods: readonly string[]): Promise<Sketches> {
  const document = await readDocument(file);
  const { sample } = await import('openapi-sampler');
  const requests: RequestSketch[] = [];
  const skipped = new Map<string, number>();
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of allMethods) {
      const operation = item?.[method];
      if (operation === undefined) continue;
      if (methods.includes(method)) {
        requests.push(
          sketch(method, basePath(document) + path, operation, item?.parameters ?? [], (schema) => sample(schema)),
        );
      } else skipped.set(method, (skipped.get(method) ?? 0) + 1);
    }
  }
  const leftOut = [...skipped].map(
    ([method, n]) => `${n} ${method.toUpperCase()} (--methods ${method} takes them, too)`,
  );
  return { requests, leftOut };
}

async function readDocument(file: string): Promise<ApiDocument> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new LoadError('init.input', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const yaml = parseDocument(text, { prettyErrors: true });
  const [syntax] = yaml.errors;
  if (syntax !== undefined) throw new LoadError('init.input', `${file}: ${syntax.message}`);
  const { dereference, validate } = await import('@readme/openapi-parser');
  const options = { resolve: { external: false } };
  try {
    const raw = yaml.toJS({ maxAliasCount: 100 }) as object | null;
    if (raw === null || typeof raw !== 'object') throw new LoadError('init.input', `${file} holds no document`);
    // Both change what they are given.
    const result = await validate(structuredClone(raw) as Parameters<typeof validate>[0], options);
    if (!result.valid) {
      const problems = result.errors.map(({ message }) => message.split('\n')[0] ?? message);
      throw new LoadError('init.input', `${file} is not a valid OpenAPI document:`, { problems });
    }
    return (await dereference(raw as Parameters<typeof dereference>[0], options)) as unknown as ApiDocument;
  } catch (error) {
    if (error instanceof LoadError) throw error;
    throw new LoadError('init.input', `${file} is not a valid OpenAPI document: ${messageOf(error)}`, { cause: error });
  }
}

/** The path of the first server: its host is an environment's business. */
function basePath({ servers, basePath: swagger }: ApiDocument): string {
  const url = servers?.[0]?.url ?? swagger ?? '';
  const path = URL.canParse(url, 'http://host') ? new URL(url, 'http://host').pathname : '';
  return path.replace(/\/+$/, '');
}

function sketch(
  method: string,
  path: string,
  operation: Operation,
  shared: readonly Parameter[],
  sample: (schema: object) => unknown,
): RequestSketch {
  const parameters = [...shared, ...(operation.parameters ?? [])];
  const notes: string[] = [];
  const valueOf = (parameter: Parameter): string => {
    const example = parameter.example ?? Object.values(parameter.examples ?? {})[0]?.value;
    if (example === undefined && !hasExample(parameter.schema)) {
      notes.push(`The document gives no example of ${parameter.name}: put in a value that exists.`);
    }
    return String(example ?? sample(parameter.schema ?? { type: 'string' }));
  };
  const found = Object.entries(operation.responses ?? {}).find(([status]) => /^2\d\d$/.test(status));
  const [contentType, answer] = Object.entries(found?.[1].content ?? {})[0] ?? [];
  const schema = answer?.schema ?? found?.[1].schema;
  const [bodyType, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const isJson = contentType === undefined ? schema !== undefined : /[/+]json$/.test(contentType);
  return {
    method: method.toUpperCase(),
    path,
    pathValues: Object.fromEntries(
      parameters
        .filter((parameter) => parameter.in === 'path')
        .map((parameter) => [parameter.name, [valueOf(parameter)]]),
    ),
    query: parameters
      .filter((parameter) => parameter.in === 'query' && parameter.required === true)
      .map((parameter) => [parameter.name, valueOf(parameter)] as const),
    headers: bodyType === undefined ? {} : { 'Content-Type': bodyType },
    body: body === undefined ? undefined : JSON.stringify(body.example ?? sample(body.schema ?? {})),
    status: found === undefined ? 200 : Number(found[0]),
    contentType: isJson ? 'application/json' : contentType,
    shape: isJson && schema !== undefined ? shapeOfSchema(schema) : undefined,
    notes,
  };
}

const hasExample = (schema: object | undefined): boolean =>
  schema !== undefined && ['example', 'examples', 'default', 'enum'].some((key) => key in schema);
