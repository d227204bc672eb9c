/** docs/engine-compatibility.md says what the code has: `npm run docs` writes it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/engine/cli/commands/index.ts';
import { features } from '../../src/engine/options/features.ts';
import { runtimeTable, type RuntimeSpec } from '../../src/engine/options/runtime.ts';
import { executorFields } from '../../src/engine/options/scenario-fields.ts';
import { type FlagSpec, optionTable, type OptionSpec } from '../../src/engine/options/table.ts';
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
const differences = read('engine-differences.json') as Readonly<Record<'commands' | 'outputs', Notes>> & {
  readonly language: readonly string[];
  readonly documentation: readonly { readonly pages: string; readonly examples: number; readonly result: string }[];
};

const known = {
  commands: [...Object.keys(commands), 'cloud', 'login', 'x'],
  outputs: Object.keys(OUTPUTS),
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

type Spec = OptionSpec<unknown> | RuntimeSpec<unknown>;

/** Flags and options say in their own tables how they differ. */
function state(spec: Spec): readonly [string, string] {
  if ('ours' in spec) return ['differs', 'not in k6'];
  return spec.differs === undefined ? ['works', ''] : ['differs', spec.differs];
}

function flagText(flag: FlagSpec | undefined): string {
  if (!flag) return '';
  return flag.short ? `${code(`-${flag.short}`)}, ${code(`--${flag.name}`)}` : code(`--${flag.name}`);
}

const envText = ({ env }: Spec): string => (env === undefined ? '' : code(env));

function optionLines(): string[] {
  const rows = Object.entries<OptionSpec<unknown>>(optionTable).map(([key, spec]) =>
    row(code(key) + (spec.runOnly ? ' (not in scripts)' : ''), envText(spec), flagText(spec.flag), ...state(spec)),
  );
  return [row('option', 'environment', 'flag', 'state', 'how'), row('---', '---', '---', '---', '---'), ...rows, ''];
}

const SCOPES = { global: 'all', load: 'run, inspect, archive, deps', run: 'run' } as const;

function runtimeLines(): string[] {
  const rows = Object.values<RuntimeSpec<unknown>>(runtimeTable).map((spec) =>
    row(flagText(spec.flag), envText(spec), SCOPES[spec.scope], ...state(spec)),
  );
  return [row('flag', 'environment', 'commands', 'state', 'how'), row('---', '---', '---', '---', '---'), ...rows, ''];
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
  lines.push('## Options of a test', '', ...optionLines());
  lines.push('## How a test is loaded, watched and reported', '', ...runtimeLines());
  lines.push('## Executors', '');
  for (const [name, fields] of Object.entries(executorFields)) {
    lines.push(`- ${code(name)}: ${Object.keys(fields).map(code).join(', ')}`);
  }
  lines.push(
    '',
    'All work, with `startTime`, `gracefulStop`, `exec`, `env` and `tags`. `externally-controlled` is gone,',
  );
  lines.push('as in k6 2.', '', '## Feature flags', '');
  for (const [name, { description }] of Object.entries(features)) lines.push(`- ${code(name)}: ${description}`);
  lines.push('', '## Commands', '', ...table(known.commands, differences.commands));
  lines.push('`pause`, `resume`, `scale` and `status` are gone, as in k6 2.', '');
  lines.push('## Outputs', '', ...table(known.outputs, differences.outputs));
  lines.push('## Modules that ship with the engine', '', `${SHIPPED.map(({ name }) => code(name)).join(', ')}: see`);
  lines.push('[remote modules](engine-remote-modules.md).', '', '## The language', '');
  lines.push(...differences.language.map((text) => `- ${text}`), '');
  lines.push('## Documentation pages', '');
  lines.push(
    'What the examples of the public pages do (those of k6 2.2; of 2.3 where only that was at hand) was run against local',
    'stand-ins, often several in one script, with what the pages print or promise held against it:',
    '',
  );
  lines.push(row('pages', 'examples', 'result'), row('---', '---', '---'));
  lines.push(...differences.documentation.map(({ pages, examples, result }) => row(pages, `${examples}`, result)), '');
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
