/** Turns the heads of a table into buttons that sort its body. */
export function makeSortable(table: HTMLTableElement): void {
  const heads = [...table.querySelectorAll<HTMLTableCellElement>('thead th')];
  const body = table.tBodies[0];
  if (body === undefined || body.rows.length < 2) return;
  for (const [column, head] of heads.entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener('click', () => {
      // Numbers are looked at from the largest down, names from the first on.
      const first = head.classList.contains('num') ? 'descending' : 'ascending';
      const now = head.getAttribute('aria-sort');
      const direction = now === null ? first : now === 'ascending' ? 'descending' : 'ascending';
      for (const other of heads) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', direction);
      const sign = direction === 'ascending' ? 1 : -1;
      const rows = [...body.rows].sort((a, b) => sign * compare(a.cells[column], b.cells[column]));
      body.append(...rows);
    });
  }
}

function compare(a: HTMLTableCellElement | undefined, b: HTMLTableCellElement | undefined): number {
  const [left, right] = [a?.dataset['sort'], b?.dataset['sort']];
  if (left !== undefined && right !== undefined) {
    const [x, y] = [Number(left), Number(right)];
    return x === y ? 0 : x < y ? -1 : 1;
  }
  return (a?.textContent ?? '').localeCompare(b?.textContent ?? '', 'en');
}
