/** HTML that is escaped by construction: whatever is put into a template is text, unless it is {@link Html} itself. */

export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | null | undefined | readonly Part[];

export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((text, piece, index) => text + render(parts[index - 1]) + piece));
}

export const escapeHtml = (text: string): string =>
  text
    // Control characters have no place in a document.
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g, '\ufffd')
    .replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

function render(part: Part): string {
  if (part === null || part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(render).join('');
  return escapeHtml(String(part));
}

const longestShown = 160;

/** Text that came from outside: isolated, so that right-to-left text leaves its neighbours alone, and of bounded length. */
export function foreign(text: string): Html {
  const shown = text.length > longestShown ? `${text.slice(0, longestShown)}…` : text;
  return markup`<bdi>${shown}</bdi>`;
}

/** JSON for a data block in a page. */
export const jsonBlock = (data: unknown): Html => new Html(JSON.stringify(data).replaceAll('<', '\\u003c'));
