/** Kubernetes objects out of YAML and JSON files, each knowing the file and line of every field. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { isCollection, isMap, isNode, LineCounter, parseAllDocuments, type Document, type Tags } from 'yaml';
import { z } from 'zod';
import { LoadError, messageOf } from '../../errors.ts';

export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string | undefined;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  /** The whole object, as it was written. */
  readonly body: Readonly<Record<string, unknown>>;
  /** `file:line` of a field; of the nearest parent that exists when the field does not. */
  where(...path: readonly (string | number)[]): string;
}

const texts = z.record(z.string(), z.string());
const headSchema = z.object({
  apiVersion: z.string().min(1),
  kind: z.string().min(1),
  metadata: z
    .object({
      name: z.string().min(1),
      namespace: z.string().nullish(),
      labels: texts.nullish(),
      annotations: texts.nullish(),
    })
    .loose(),
});

/** No manifest is that long; a file that is, is something else. */
const maxBytes = 16 * 1024 * 1024;
/** Aliases may not multiply: a few lines of them can stand for gigabytes. */
const maxAliases = 100;

/**
 * Reads files, and the .yaml, .yml and .json files below folders. Documents with a `schemaVersion` are ours, not
 * Kubernetes', and left out.
 * @throws LoadError manifests.invalid with every problem found
 */
export async function loadManifests(places: readonly string[]): Promise<KubeObject[]> {
  const problems: string[] = [];
  const files = (await Promise.all(places.map((place) => filesOf(place)))).flat();
  const objects: KubeObject[] = [];
  for (const file of new Set(files)) {
    try {
      objects.push(...parseManifests(file, await readText(file)));
    } catch (error) {
      if (!(error instanceof LoadError)) throw error;
      problems.push(...(error.problems.length > 0 ? error.problems : [error.message]));
    }
  }
  throwProblems(problems);
  return objects;
}

/**
 * YAML as kubectl reads it: version 1.1, so `yes` and `on` are true, 0644 is octal and `<<` merges; but without the times
 * and base-60 numbers of 1.1, which Go leaves text.
 */
const asKubectl = {
  version: '1.1',
  customTags: (tags: Tags): Tags =>
    tags.filter(
      (tag) => typeof tag === 'string' || !('tag' in tag) || !(tag.tag.endsWith(':timestamp') || tag.format === 'TIME'),
    ),
} as const;

/**
 * @param file its name in messages
 * @throws LoadError manifests.invalid
 */
export function parseManifests(file: string, text: string): KubeObject[] {
  const lines = new LineCounter();
  const problems: string[] = [];
  const objects: KubeObject[] = [];
  for (const document of parseAllDocuments(text, { ...asKubectl, lineCounter: lines, prettyErrors: false })) {
    const at = (offset: number | undefined): string => `${file}:${lines.linePos(offset ?? 0).line}`;
    if (document.errors.length > 0) {
      problems.push(...document.errors.map((error) => `${at(error.pos[0])}: ${error.message}`));
      continue;
    }
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: maxAliases });
    } catch (error) {
      problems.push(`${at(document.range[0])}: ${messageOf(error)}`);
      continue;
    }
    if (value == null || (typeof value === 'object' && ('schemaVersion' in value || isForKustomize(value)))) continue;
    const line = (...keys: readonly (string | number)[]): string => at(offsetOf(document, keys));
    collect(value, line, objects, problems);
  }
  throwProblems(problems);
  return objects;
}

/** Instructions to kustomize; the API server never sees them. */
const isForKustomize = (value: object): boolean =>
  'apiVersion' in value && String(value.apiVersion).startsWith('kustomize.config.k8s.io/');

const listOf = (value: unknown): readonly unknown[] | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('items' in value && Array.isArray(value.items)) return value.items as unknown[];
  // `items: null` is how Go writes an empty list.
  return 'kind' in value && String(value.kind).endsWith('List') && 'items' in value ? [] : undefined;
};

/** Adds the object, or the items of a List. */
function collect(value: unknown, where: KubeObject['where'], objects: KubeObject[], problems: string[]): void {
  const items = listOf(value);
  if (items !== undefined) {
    for (const [index, item] of items.entries()) {
      collect(item, (...keys) => where('items', index, ...keys), objects, problems);
    }
    return;
  }
  const head = headSchema.safeParse(value);
  if (!head.success) {
    const [issue] = head.error.issues;
    const keys = (issue?.path ?? []).map((key) => (typeof key === 'number' ? key : String(key)));
    const field = keys.length === 0 ? 'the document' : keys.join('.');
    problems.push(`${where(...keys)}: ${field} is not that of a Kubernetes object: ${issue?.message ?? 'not valid'}`);
    return;
  }
  const { apiVersion, kind, metadata } = head.data;
  objects.push({
    apiVersion,
    kind,
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace ?? undefined,
      labels: metadata.labels ?? {},
      annotations: metadata.annotations ?? {},
    },
    body: value as Record<string, unknown>,
    where,
  });
}

function offsetOf(document: Document.Parsed, keys: readonly (string | number)[]): number | undefined {
  let offset = document.contents?.range[0];
  for (let length = 1; length <= keys.length; length++) {
    const parent = length === 1 ? document.contents : document.getIn(keys.slice(0, length - 1), true);
    if (!isCollection(parent)) break;
    const key = keys[length - 1];
    // In a mapping the place is the key's, in a list the item's.
    const keyNode = isMap(parent) ? parent.items.find((pair) => String(pair.key) === key)?.key : undefined;
    const node = keyNode ?? parent.get(key, true);
    if (!isNode(node) || node.range == null) break;
    offset = node.range[0];
  }
  return offset;
}

async function filesOf(place: string): Promise<string[]> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(place)).isDirectory();
  } catch (error) {
    throw new LoadError('manifests.invalid', `${place} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  if (!isFolder) return [place];
  const names = await readdir(place, { recursive: true });
  return names
    .filter((name) => /\.(ya?ml|json)$/.test(name) && !name.split(path.sep).includes('source'))
    .sort()
    .map((name) => path.join(place, name));
}

/**
 * @param most bytes that are read
 * @throws LoadError manifests.invalid
 */
export async function readText(file: string, most = maxBytes): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > most) throw new Error(`it has ${size} bytes, more than the ${most} that are read`);
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new LoadError('manifests.invalid', `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function throwProblems(problems: readonly string[]): void {
  const [first] = problems;
  if (first === undefined) return;
  throw new LoadError('manifests.invalid', problems.length === 1 ? first : `${problems.length} problems:`, {
    problems: problems.length === 1 ? [] : problems,
  });
}
