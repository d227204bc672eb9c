import { writeFile } from 'node:fs/promises';

export interface SummaryStreams {
  readonly stdout: (content: string | Uint8Array) => void;
  readonly stderr: (content: string | Uint8Array) => void;
}

/** What `handleSummary` returned: content by `stdout`, `stderr` or a file's path. */
export type SummaryFiles = Readonly<Record<string, string | Uint8Array>>;

/** A byte array as the guest sends it through JSON. */
interface EncodedBytes {
  readonly $bytes: string;
}

function isEncodedBytes(value: unknown): value is EncodedBytes {
  return typeof value === 'object' && value !== null && '$bytes' in value && typeof value.$bytes === 'string';
}

/**
 * Reads what `handleSummary` returned.
 * @param returned its return value as JSON data: strings, or `{ $bytes: base64 }` for an ArrayBuffer
 * @returns the files, or why the value cannot be used
 */
export function readSummaryFiles(returned: unknown): { readonly files: SummaryFiles } | { readonly error: string } {
  if (returned === undefined || returned === null) return { files: {} };
  if (typeof returned !== 'object' || Array.isArray(returned)) {
    return { error: `handleSummary() should return a map with string keys, got ${typeof returned}` };
  }
  const files: Record<string, string | Uint8Array> = {};
  for (const [path, content] of Object.entries(returned)) {
    if (typeof content === 'string') files[path] = content;
    else if (isEncodedBytes(content)) files[path] = Buffer.from(content.$bytes, 'base64');
    else {
      return {
        error: `handleSummary() returned ${content === null ? 'null' : typeof content} for '${path}'; each value must be a string or an ArrayBuffer`,
      };
    }
  }
  return { files };
}

/**
 * Writes each content to where its key says. A file that cannot be written does not keep the others from it.
 * @returns one message per failure
 */
export async function writeSummaryFiles(files: SummaryFiles, streams: SummaryStreams): Promise<string[]> {
  const failures: string[] = [];
  for (const [path, content] of Object.entries(files)) {
    if (path === 'stdout') streams.stdout(content);
    else if (path === 'stderr') streams.stderr(content);
    else {
      try {
        await writeFile(path, content);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failures.push(`could not save the summary to '${path}': ${reason}`);
      }
    }
  }
  return failures;
}
