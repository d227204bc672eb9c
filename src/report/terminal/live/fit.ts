const colours = /(\u001b\[\d+m)/;

/** Cuts a line to the terminal's width, colours not counted, so that it never wraps. */
export function fit(text: string, columns: number): string {
  let visible = 0;
  let result = '';
  for (const piece of text.split(colours)) {
    if (piece.startsWith('\u001b')) result += piece;
    else {
      result += piece.slice(0, Math.max(0, columns - 1 - visible));
      visible += piece.length;
    }
  }
  return result;
}

export const visibleLength = (text: string): number =>
  text.split(colours).reduce((sum, piece) => sum + (piece.startsWith('\u001b') ? 0 : piece.length), 0);
