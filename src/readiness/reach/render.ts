/** The matrix of a network for people: every workload to every port of every other, and what changed between two. */
import { Reachability, type Answer } from './evaluate.ts';
import { MatrixBuilder } from './matrix.ts';
import type { Network, Protocol } from './model.ts';

export interface Column {
  readonly to: string;
  readonly port: number;
  readonly protocol: Protocol;
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly { readonly from: string; readonly answers: readonly Answer[] }[];
}

const marks: Readonly<Record<Answer, string>> = { allowed: '.', denied: 'X', unknown: '?' };

/** Columns are the ports that workloads declare; a workload without one has none. */
export function tableOf(network: Network): Table {
  const reach = new Reachability(network);
  const builder = new MatrixBuilder(reach);
  const matrices = new Map<string, ReturnType<MatrixBuilder['build']>>();
  const columns = reach.pods.flatMap(({ text, pod }, index) =>
    (pod?.ports ?? []).map(({ port, protocol }) => {
      const key = `${port}/${protocol}`;
      let matrix = matrices.get(key);
      if (matrix === undefined) matrices.set(key, (matrix = builder.build({ port, protocol })));
      return { to: text, port, protocol, index, matrix };
    }),
  );
  return {
    columns: columns.map(({ to, port, protocol }) => ({ to, port, protocol })),
    rows: reach.pods.map(({ text }, source) => ({
      from: text,
      answers: columns.map(({ matrix, index }) => matrix.at(source, index)),
    })),
  };
}

const columnText = ({ to, port, protocol }: Column): string => `${to}:${port}/${protocol}`;

/** `.` allowed, `X` denied, `?` unknown; columns are numbered and named below. */
export function renderText({ columns, rows }: Table): string {
  if (columns.length === 0) return 'No workload declares a port.\n';
  const numbers = columns.map((_, index) => String(index + 1));
  const width = Math.max(2, String(columns.length).length);
  const left = Math.max(4, ...rows.map(({ from }) => from.length));
  const line = (head: string, cells: readonly string[]): string =>
    `${head.padEnd(left)} ${cells.map((cell) => cell.padStart(width)).join(' ')}\n`;
  return [
    line('from \\ to', numbers),
    ...rows.map(({ from, answers }) =>
      line(
        from,
        answers.map((answer) => marks[answer]),
      ),
    ),
    '\n',
    ...columns.map((column, index) => `${String(index + 1).padStart(width)}  ${columnText(column)}\n`),
    '\n. allowed   X denied   ? unknown\n',
  ].join('');
}

export function renderMarkdown({ columns, rows }: Table): string {
  return [
    `| from \\ to | ${columns.map((column) => `\`${columnText(column)}\``).join(' | ')} |`,
    `| --- |${' :-: |'.repeat(columns.length)}`,
    ...rows.map(({ from, answers }) => `| \`${from}\` | ${answers.map((answer) => marks[answer]).join(' | ')} |`),
    '',
    '`.` allowed, `X` denied, `?` unknown',
    '',
  ].join('\n');
}

export function renderHtml({ columns, rows }: Table): string {
  const head = columns.map((column) => `<th scope="col"><span>${escape(columnText(column))}</span></th>`).join('');
  const body = rows.map(({ from, answers }) => {
    const cells = answers.map((answer, index) => {
      const column = columns[index];
      const title = column === undefined ? '' : `${from} → ${columnText(column)}: ${answer}`;
      return `<td class="${answer}" title="${escape(title)}">${marks[answer]}</td>`;
    });
    return `<tr><th scope="row">${escape(from)}</th>${cells.join('')}</tr>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Reachability</title><style>
body{font:14px system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}
thead th{vertical-align:bottom;font-weight:400}thead span{writing-mode:vertical-rl;transform:rotate(180deg)}
tbody th{text-align:left;font-weight:400;padding-right:1rem}td{width:1.8em;text-align:center;border:1px solid #ccc}
.allowed{background:#d7f0dc}.denied{background:#f6d9d9}.unknown{background:#f7ecc5}
</style></head><body><h1>Reachability</h1><p>. allowed, X denied, ? unknown</p>
<table><thead><tr><td></td>${head}</tr></thead><tbody>
${body.join('\n')}
</tbody></table></body></html>
`;
}

export interface Change extends Column {
  readonly from: string;
  /** Undefined: the flow's ends do not both exist there. */
  readonly before: Answer | undefined;
  readonly after: Answer | undefined;
}

/** Cells that differ; an end that only one of the two has counts as a difference. */
export function diffTables(before: Table, after: Table): Change[] {
  const cells = ({ columns, rows }: Table): Map<string, { from: string; column: Column; answer: Answer }> =>
    new Map(
      rows.flatMap(({ from, answers }) =>
        columns.flatMap((column, index) => {
          const answer = answers[index];
          return answer === undefined ? [] : [[`${from} ${columnText(column)}`, { from, column, answer }] as const];
        }),
      ),
    );
  const old = cells(before);
  const now = cells(after);
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) => {
    const was = old.get(key);
    const is = now.get(key);
    const cell = is ?? was;
    return cell === undefined || was?.answer === is?.answer
      ? []
      : [{ from: cell.from, ...cell.column, before: was?.answer, after: is?.answer }];
  });
}

export function renderChanges(changes: readonly Change[]): string {
  if (changes.length === 0) return 'No difference.\n';
  return changes
    .map(
      (change) =>
        `${change.from} → ${columnText(change)}: ${change.before ?? 'absent'} → ${change.after ?? 'absent'}\n`,
    )
    .join('');
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
