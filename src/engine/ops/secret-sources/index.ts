/** Where k6/secrets come from: what `--secret-source` says, made into a source. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { EngineError, ExitCode } from '../../contracts/errors.ts';
import { pair, pairs, SourceError, type Source, type SourceInput } from './source.ts';
import { openUrlSource } from './url.ts';

export type { Source } from './source.ts';

/** The kind of a source is repeated, and no more: what follows may be the secret itself. */
const invalid = (kind: string, why: string) =>
  new EngineError(`invalid secret source "${kind}": ${why}`, ExitCode.invalidConfig, {
    hint:
      'write file=PATH, mock=KEY=VALUE or url=urlTemplate=ADDRESS with {key} in it; ' +
      'with more than one source, file=name=NAME,filename=PATH and mock=default,KEY=VALUE',
  });

/**
 * @param specs values of `--secret-source`, like `mock=name=other,KEY=VALUE`
 * @returns the sources by name, and the one that is asked when none is named
 * @throws EngineError (104) for what is no source
 */
export function openSources(
  specs: readonly string[],
  input: SourceInput,
): { byName: Map<string, Source>; first: Source | undefined } {
  const byName = new Map<string, Source>();
  let first: Source | undefined;
  for (const spec of specs) {
    const [kind, config] = pair(spec) ?? [spec, ''];
    const source = openSource(kind, config, input);
    if (byName.has(source.name)) throw invalid(kind, `there is already a source named "${source.name}"`);
    if (source.isDefault && first?.isDefault) throw invalid(kind, 'there is already a default source');
    byName.set(source.name, source);
    if (source.isDefault || specs.length === 1) first = source;
  }
  return { byName, first };
}

function openSource(kind: string, config: string, input: SourceInput): Source {
  const open = kinds.get(kind);
  if (!open) throw invalid(kind, `there is no such kind, only ${[...kinds.keys()].join(', ')}`);
  let name = 'default';
  let isDefault = false;
  const rest: string[] = [];
  for (const part of config.split(',')) {
    if (part === 'default') isDefault = true;
    else if (part.startsWith('name=')) name = part.slice('name='.length);
    else if (config !== '') rest.push(part);
  }
  try {
    return { name, isDefault, get: open(rest, input) };
  } catch (error) {
    throw error instanceof SourceError ? invalid(kind, error.message) : error;
  }
}

/** What is left of a source's configuration, without name and `default`, made into its question. */
type Open = (parts: readonly string[], input: SourceInput) => Source['get'];

const openFile: Open = (parts, { folder }) => {
  const [file = '', ...more] = parts.map((part) => part.replace(/^filename=/, ''));
  if (more.length > 0) throw new SourceError('there is more than a file and a name');
  if (file === '') throw new SourceError('the file is missing');
  const values = readSecrets(path.resolve(folder, file));
  return (key) => values.get(key);
};

const openMock: Open = (parts) => {
  if (parts.length === 0) throw new SourceError('it has no key=value');
  const values = new Map(pairs(parts));
  return (key) => values.get(key);
};

const kinds: ReadonlyMap<string, Open> = new Map([
  ['file', openFile],
  ['mock', openMock],
  ['url', (parts, input) => openUrlSource(pairs(parts), input)],
]);

/** Lines `key=value`; empty lines and those that begin with # are skipped. */
function readSecrets(file: string): Map<string, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new SourceError(`cannot read ${file} (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
  }
  const values = new Map<string, string>();
  text.split(/\r?\n/).forEach((line, index) => {
    if (line === '' || line.startsWith('#')) return;
    const entry = pair(line);
    if (!entry) throw new SourceError(`${file}:${index + 1} is not of the form key=value`);
    values.set(...entry);
  });
  return values;
}
