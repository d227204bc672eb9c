/** What a source of secrets is. */

export interface Source {
  readonly name: string;
  readonly isDefault: boolean;
  /**
   * What the source has under the key.
   * @returns undefined when there is nothing; a promise when others have to be asked
   * @throws Error (also by its promise) when it cannot be told; the message holds no secret
   */
  get(key: string): string | undefined | Promise<string>;
}

/** What sources are read from. */
export interface SourceInput {
  /** Relative file names start here. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Nobody waits for secrets any more. */
  readonly closed: AbortSignal;
}

/** What is wrong with the configuration of a source, without its secrets. */
export class SourceError extends Error {}

/** `key=value` at the first equals sign. */
export function pair(text: string): [key: string, value: string] | undefined {
  const at = text.indexOf('=');
  return at < 0 ? undefined : [text.slice(0, at), text.slice(at + 1)];
}

/** Parts `key=value`. A part that is none may be a secret: its place is named, not its text. */
export function pairs(parts: readonly string[]): [key: string, value: string][] {
  return parts.map((part, index) => {
    const entry = pair(part);
    if (!entry) throw new SourceError(`part ${index + 1} is not of the form key=value`);
    return entry;
  });
}
