/**
 * Archives: a script with all it needs in one tar file, laid out as k6's are.
 *
 *     metadata.json            type, options, env, filename and pwd (URLs), version of the writer
 *     data                     text of the entry
 *     file/<absolute path>     local modules and the files open() read
 *     https/<host>/<path>      remote modules
 */
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import tar from 'tar-stream';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { ScriptProgram } from '../contracts/script.ts';
import { sha256 } from './cache.ts';
import { archivedPath, loadRemote } from './remote.ts';

export interface ArchiveMetadata {
  readonly type: 'js';
  /** Consolidated options at the time of archiving, as JSON data. */
  readonly options: unknown;
  readonly env: Readonly<Record<string, string>>;
  readonly filename: string;
  readonly pwd: string;
  readonly k6version: string;
  readonly os: string;
}

export interface ArchiveContents {
  readonly program: Pick<ScriptProgram, 'url' | 'dir' | 'sources'>;
  /** Text of the entry, when it is not in a file of its own (standard input). */
  readonly entryText?: string;
  /** Absolute paths of the files that `open()` read. */
  readonly opened: readonly string[];
  readonly options: unknown;
  readonly env: Readonly<Record<string, string>>;
  readonly version: string;
}

export interface OpenedArchive {
  /** Absolute path of the entry, unpacked. */
  readonly entry: string;
  /** Folder that holds everything the archive brought. */
  readonly root: string;
  readonly metadata: ArchiveMetadata;
}

const broken = (file: string, reason: string, cause?: unknown): EngineError =>
  new EngineError(`could not read the archive ${file}: ${reason}`, ExitCode.scriptException, { cause });

/** @param cacheDir where remote modules are kept; undefined fetches them again */
export async function writeArchive(
  target: string,
  contents: ArchiveContents,
  cacheDir: string | undefined,
): Promise<void> {
  const { program, opened, options, env, version } = contents;
  const metadata: ArchiveMetadata = {
    type: 'js',
    options,
    env,
    filename: program.url,
    pwd: new URL('.', program.url).href,
    k6version: version,
    os: os.platform(),
  };
  const files = new Map<string, Uint8Array | string>();
  for (const source of program.sources) {
    if (!source.startsWith('file:')) {
      files.set(archivedPath(source), (await loadRemote(source, { cacheDir, noRemote: false })).text);
    } else if (source !== program.url)
      files.set(localName(fileURLToPath(source)), await readFile(fileURLToPath(source)));
  }
  const entry = contents.entryText ?? (await readFile(fileURLToPath(program.url), 'utf8'));
  files.set(localName(fileURLToPath(program.url)), entry);
  for (const file of opened) files.set(localName(file), await readFile(file));

  const pack = tar.pack();
  // A fixed time: the same script gives the same archive.
  const mtime = new Date(0);
  pack.entry({ name: 'metadata.json', mtime }, `${JSON.stringify(metadata, null, 2)}\n`);
  pack.entry({ name: 'data', mtime }, entry);
  for (const [name, data] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    pack.entry({ name, mtime }, Buffer.from(data));
  }
  pack.finalize();
  await pipeline(pack, createWriteStream(target));
}

const localName = (file: string): string => `file${file.split(path.sep).join('/')}`;

/** Unpacks an archive, once per content, below `parent`. */
export async function openArchive(file: string, parent: string): Promise<OpenedArchive> {
  const root = path.join(parent, 'archives', sha256(await readFile(file)));
  if (!existsSync(root)) {
    await mkdir(path.dirname(root), { recursive: true });
    const partial = await mkdtemp(`${root}.`);
    try {
      await unpack(file, partial);
      await rename(partial, root);
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      // Another run was faster.
      if (!existsSync(root)) throw error instanceof EngineError ? error : broken(file, (error as Error).message, error);
    }
  }
  const metadata = await readMetadata(file, root);
  const entry = path.join(root, localName(fileURLToPath(metadata.filename)));
  if (!existsSync(entry)) {
    await mkdir(path.dirname(entry), { recursive: true });
    await writeFile(entry, await readFile(path.join(root, 'data')));
  }
  return { entry, root, metadata };
}

/** Where archives are unpacked without a cache; the system's own folder for such things. */
export const temporaryParent = (): Promise<string> => mkdtemp(path.join(os.tmpdir(), 'gravl-load-'));

async function unpack(file: string, folder: string): Promise<void> {
  const extract = tar.extract();
  const reading = pipeline(createReadStream(file), extract);
  const unpacking = (async () => {
    for await (const entry of extract) {
      const { name, type } = entry.header;
      const target = path.join(folder, name);
      const inside = target.startsWith(folder + path.sep) && !name.split('/').includes('..');
      if (type === 'file' && !inside) throw broken(file, `it holds a file outside of itself: ${name}`);
      if (type !== 'file') {
        // Folders come with their files; links have no place in an archive.
        entry.resume();
        continue;
      }
      await mkdir(path.dirname(target), { recursive: true });
      await pipeline(entry, createWriteStream(target));
    }
  })();
  await Promise.all([reading, unpacking]);
}

async function readMetadata(file: string, root: string): Promise<ArchiveMetadata> {
  let metadata: Partial<ArchiveMetadata>;
  try {
    metadata = JSON.parse(await readFile(path.join(root, 'metadata.json'), 'utf8')) as Partial<ArchiveMetadata>;
  } catch (cause) {
    throw broken(file, 'it has no readable metadata.json, so it is no archive of a script', cause);
  }
  if (metadata.type !== 'js' || typeof metadata.filename !== 'string' || !metadata.filename.startsWith('file://')) {
    throw broken(file, `its metadata.json names no script (type ${JSON.stringify(metadata.type)})`);
  }
  return {
    type: 'js',
    options: metadata.options ?? {},
    env: metadata.env ?? {},
    filename: metadata.filename,
    pwd: metadata.pwd ?? '',
    k6version: metadata.k6version ?? '',
    os: metadata.os ?? '',
  };
}
