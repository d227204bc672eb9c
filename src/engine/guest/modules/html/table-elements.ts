import { type AnyNode, childrenOf, isTag, type Tag } from './dom.ts';
import { Element, nodeOf } from './element.ts';
import { around, childTags, numberOf, ownAttribute, wrap, wrapAll } from './element-tools.ts';

export class Table extends Element {
  caption(): Element | undefined {
    return wrap(this, childTags(this, 'caption')[0]);
  }
  rows(): Element[] {
    return wrapAll(this, tableRows(nodeOf(this)));
  }
  tBodies(): Element[] {
    return wrapAll(this, childTags(this, 'tbody'));
  }
  tFoot(): Element | undefined {
    return wrap(this, childTags(this, 'tfoot')[0]);
  }
  tHead(): Element | undefined {
    return wrap(this, childTags(this, 'thead')[0]);
  }
}

const rowsOf = (node: AnyNode) => childrenOf(node).filter((child): child is Tag => isTag(child) && child.name === 'tr');

/** Head, then bodies and loose rows in document order, then foot. */
function tableRows(table: AnyNode): Tag[] {
  const parts = childrenOf(table).filter(isTag);
  const named = (...names: string[]) => parts.filter((part) => names.includes(part.name));
  return [
    ...named('thead').flatMap(rowsOf),
    ...named('tbody', 'tr').flatMap((part) => (part.name === 'tr' ? [part] : rowsOf(part))),
    ...named('tfoot').flatMap(rowsOf),
  ];
}

export class TableSection extends Element {
  rows(): Element[] {
    return wrapAll(this, rowsOf(nodeOf(this)));
  }
}

export class TableRow extends Element {
  cells(): Element[] {
    return wrapAll(this, childTags(this, 'td', 'th'));
  }
  rowIndex(): number {
    const table = around(nodeOf(this), 'table');
    return table ? tableRows(table).indexOf(nodeOf(this) as Tag) : -1;
  }
  sectionRowIndex(): number {
    const section = around(nodeOf(this), 'thead', 'tbody', 'tfoot', 'table');
    return section ? rowsOf(section).indexOf(nodeOf(this) as Tag) : -1;
  }
}

export class TableCell extends Element {
  cellIndex(): number {
    const row = around(nodeOf(this), 'tr');
    const cells = row
      ? childrenOf(row).filter((cell) => isTag(cell) && (cell.name === 'td' || cell.name === 'th'))
      : [];
    return cells.indexOf(nodeOf(this));
  }
}

export class TableCol extends Element {
  span(): number {
    const span = numberOf(ownAttribute(this, 'span'), 1);
    return span >= 1 ? span : 1;
  }
}
