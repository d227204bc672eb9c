/** Finds the script the user named, and what k6 calls it in messages. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ExitCode } from '../contracts/errors.ts';
import { missingModule } from './script-errors.ts';

/** The script as given on the command line; `stdin` holds the text read for `-`. */
export type EntryRequest = string | { readonly stdin: string };

export interface Entry {
  /** As the user wrote it, for messages: `script.js`, `-`. */
  readonly label: string;
  /** Absolute path; for stdin a path in the working directory that need not exist. */
  readonly file: string;
  /** `file:///…/script.js`. */
  readonly url: string;
  readonly dir: string;
  readonly source: string;
}

/** Reads the entry (exit code 255 when it is not there, as in k6). A relative path is looked up in `cwd`, with or without a leading `./`. */
export async function readEntry(request: EntryRequest, cwd: string): Promise<Entry> {
  if (typeof request !== 'string') {
    return describe('-', path.join(cwd, '-'), request.stdin);
  }
  const file = request.startsWith('file://') ? fileURLToPath(request) : path.resolve(cwd, request);
  let source: string;
  try {
    source = await readFile(file, 'utf8');
  } catch (cause) {
    throw missingModule(request, ExitCode.generic, cause);
  }
  return describe(request, file, source);
}

function describe(label: string, file: string, source: string): Entry {
  return { label, file, url: pathToFileURL(file).href, dir: path.dirname(file), source };
}
