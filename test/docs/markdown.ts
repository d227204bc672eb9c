/** The documentation as data: blocks of commands and links, with the line they stand in. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../e2e/harness.ts';

export interface CommandBlock {
  readonly file: string;
  readonly line: number;
  readonly script: string;
  /** Why it is not run: the comment `<!-- not run: … -->` before it. */
  readonly notRun: string | undefined;
}

/** Markdown files of the repository, those people read. */
export const documents: readonly string[] = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
  { cwd: root, encoding: 'utf8' },
)
  .split('\n')
  .filter((file) => /^(docs\/|bench\/|k8s\/|[A-Z]+\.md$)/.test(file));

export const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** Blocks marked as shell. */
export function commandBlocks(file: string): CommandBlock[] {
  const lines = textOf(file).split('\n');
  const blocks: CommandBlock[] = [];
  for (let at = 0; at < lines.length; at++) {
    if (!/^```(sh|bash|shell|console)$/.test(lines[at] ?? '')) continue;
    const end = lines.indexOf('```', at + 1);
    const before = lines.slice(0, at).findLast((line) => line.trim() !== '') ?? '';
    blocks.push({
      file,
      line: at + 1,
      script: lines.slice(at + 1, end).join('\n'),
      notRun: /^<!-- not run: (.+) -->$/.exec(before)?.[1],
    });
    at = end;
  }
  return blocks;
}

/** Targets of links and pictures, outside of code. */
export function links(file: string): { line: number; target: string }[] {
  let code = false;
  return textOf(file)
    .split('\n')
    .flatMap((text, index) => {
      if (text.startsWith('```')) code = !code;
      if (code || text.startsWith('    ')) return [];
      return [...text.replace(/`[^`]*`/g, '').matchAll(/\]\(([^()\s]+)\)/g)].map(([, target = '']) => ({
        line: index + 1,
        target,
      }));
    });
}

/** Anchors that headings make, as GitHub does. */
export function anchors(file: string): Set<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...textOf(file).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => {
      const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const slug = plain.replace(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-');
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return times === 0 ? slug : `${slug}-${times}`;
    }),
  );
}
