/** docs/engine-compatibility.md says what the code has: `npm run docs` writes it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/engine/cli/commands/index.ts';
import { runFlags } from '../../src/engine/cli/flag-sets.ts';
import { optionTable } from '../../src/engine/options/table.ts';
import { OUTPUTS } from '../../src/engine/outputs/index.ts';
import { SHIPPED } from '../../src/engine/script/jslib/table.ts';

interface Note {
  readonly status: 'differs' | 'refused';
  readonly note: string;
}
interface Module {
  readonly status: 'works' | 'differs' | 'refused';
  readonly note?: string;
  readonly exceptions?: Readonly<Record<string, Note>>;
  readonly names: readonly string[];
}
type Notes = Readonly<Record<string, Note>>;

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')) as unknown;
const { modules } = read('engine-modules.json') as { modules: Readonly<Record<string, Module>> };
const differences = read('engine-differences.json') as Readonly<
  Record<'commands' | 'flags' | 'options' | 'outputs' | 'executors', Notes>
> & { readonly language: readonly string[] };

const EXECUTORS = [
  'shared-iterations',
  'per-vu-iterations',
  'constant-vus',
  'ramping-vus',
  'constant-arrival-rate',
  'ramping-arrival-rate',
  'externally-controlled',
];

const known = {
  commands: [...Object.keys(commands), 'cloud', 'login'],
  flags: runFlags().map(({ name }) => name),
  options: Object.entries(optionTable as Readonly<Record<string, { readonly runOnly?: boolean }>>)
    .filter(([, { runOnly }]) => runOnly !== true)
    .map(([key]) => key),
  outputs: Object.keys(OUTPUTS),
  executors: EXECUTORS,
};

const code = (text: string): string => `\`${text}\``;
const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** Names that work in one row; each other one in its own. */
function table(names: readonly string[], notes: Notes): string[] {
  const works = names.filter((name) => !Object.hasOwn(notes, name));
  const others = names.filter((name) => Object.hasOwn(notes, name));
  return [
    row('name', 'state', 'how'),
    row('---', '---', '---'),
    ...(works.length > 0 ? [row(works.map(code).join(', '), 'works', '')] : []),
    ...others.map((name) => row(code(name), notes[name]?.status ?? '', notes[name]?.note ?? '')),
    '',
  ];
}

function render(): string {
  const lines = [
    '# What of k6 works',
    '',
    'Measured against k6 2.2. Generated from the code, `docs/engine-modules.json` and `docs/engine-differences.json` by',
    '`npm run docs`; a test keeps it true. _works_: as in k6, _differs_: works, but not quite as in k6, _refused_: ends the run',
    'with a message that says what to do instead.',
    '',
    '## Modules',
    '',
  ];
  for (const [specifier, { status, note, exceptions = {}, names }] of Object.entries(modules)) {
    lines.push(`### ${specifier}`, '');
    if (status !== 'works') lines.push(`_${status}_: ${note ?? ''}`, '');
    if (names.length > 0) lines.push(...table(names, exceptions));
  }
  lines.push('## Options of a script', '', ...table(known.options, differences.options));
  lines.push('## Executors', '', ...table(known.executors, differences.executors));
  lines.push('## Commands', '', ...table(known.commands, differences.commands));
  lines.push('## Flags of `run`', '', ...table(known.flags.map((name) => name).sort(), differences.flags));
  lines.push('## Outputs', '', ...table(known.outputs, differences.outputs));
  lines.push('## Modules that ship with the engine', '', `${SHIPPED.map(({ name }) => code(name)).join(', ')}: see`);
  lines.push('[remote modules](engine-remote-modules.md).', '', '## The language', '');
  lines.push(...differences.language.map((text) => `- ${text}`), '');
  return lines.join('\n');
}

describe('docs/engine-compatibility.md', () => {
  it('is what the code and the two lists say', async () => {
    await expect(render()).toMatchFileSnapshot('../../docs/engine-compatibility.md');
  });

  it.each(Object.keys(known) as (keyof typeof known)[])('speaks only of %s that exist', (kind) => {
    for (const [name, { status, note }] of Object.entries(differences[kind])) {
      expect(known[kind]).toContain(name);
      expect(['differs', 'refused']).toContain(status);
      expect(note).toMatch(/\w{3}/);
    }
  });
});
