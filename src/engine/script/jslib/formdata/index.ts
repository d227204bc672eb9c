/** FormData of jslib.k6.io, by its public documentation: multipart bodies for k6/http. Runs inside scripts. */

interface FileData {
  readonly data: string | ArrayBuffer | readonly number[];
  readonly filename?: string;
  readonly content_type?: string;
}

interface Part {
  readonly name: string;
  readonly value: string | FileData;
}

/** UTF-8, without relying on a global the script may have replaced. */
function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** RFC 7578 keeps names in quotes and escapes what would end them. */
const quoted = (text: string): string => text.replace(/\r\n|\r|\n/g, '%0D%0A').replace(/"/g, '%22');

export class FormData {
  readonly boundary: string;
  readonly #parts: Part[] = [];

  constructor() {
    let digits = '';
    while (digits.length < 32) digits += String(Math.floor(Math.random() * 10));
    this.boundary = `------RWWorkerFormDataBoundary${digits}`;
  }

  /** @param value text, or what `http.file()` gives */
  append(name: string, value: unknown, filename?: string): void {
    if (isFile(value)) {
      this.#parts.push({ name, value: filename === undefined ? value : { ...value, filename } });
    } else this.#parts.push({ name, value: String(value) });
  }

  /** The body to send, with the content type `multipart/form-data; boundary=` and {@link FormData.boundary}. */
  body(): ArrayBuffer {
    const chunks = this.#parts.flatMap((part) => [utf8(this.#head(part)), content(part.value), utf8('\r\n')]);
    chunks.push(utf8(`--${this.boundary}--\r\n`));
    const out = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      out.set(chunk, at);
      at += chunk.length;
    }
    return out.buffer;
  }

  #head({ name, value }: Part): string {
    const disposition = `--${this.boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"`;
    if (typeof value === 'string') return `${disposition}\r\n\r\n`;
    const type = value.content_type ?? 'application/octet-stream';
    return `${disposition}; filename="${quoted(value.filename ?? 'blob')}"\r\nContent-Type: ${type}\r\n\r\n`;
  }
}

function isFile(value: unknown): value is FileData {
  return typeof value === 'object' && value !== null && 'data' in value;
}

function content(value: string | FileData): Uint8Array {
  if (typeof value === 'string') return utf8(value);
  return typeof value.data === 'string' ? utf8(value.data) : new Uint8Array(value.data);
}
