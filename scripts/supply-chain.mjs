// `npm run supply-chain`: what we ship stands on. Writes dist/sbom.cdx.json (CycloneDX) and checks licences, the lock file
// and install scripts; `--write` renews docs/licences.md, which otherwise must be true.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './lib/arguments.mjs';

const { values: flags } = readArguments(
  `npm run supply-chain -- [--write]
  checks licences, the lock file and install scripts; writes dist/sbom.cdx.json
  --write   renews docs/licences.md`,
  { write: { type: 'boolean' } },
);

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const at = (file) => path.join(root, file);
const listFile = 'docs/licences.md';

/** Licences that an MIT project may ship with; tools that stay on our machines may have a few more. */
const shipped = [
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
  'Unlicense',
  'Zlib',
  'Python-2.0',
  'PSF-2.0',
];
const tools = [...shipped, 'MPL-2.0', 'CC-BY-4.0', 'CC0-1.0'];
/** Their install scripts only tidy up: everything works without (`npm ci --ignore-scripts`). */
const harmlessScripts = ['esbuild', 'protobufjs', 'fsevents', 'koffi'];

const sbom = (...args) =>
  JSON.parse(
    execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx', ...args], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    }),
  );
const licencesOf = ({ licenses = [] }) =>
  licenses.map(({ license, expression }) => license?.id ?? license?.name ?? expression);
/** `(MIT OR X)` asks for one of them, `AND` for all. */
const allowed = (text, list) =>
  text
    .replace(/[()]/g, '')
    .split(' AND ')
    .every((part) => part.split(' OR ').some((name) => list.includes(name.trim())));
const label = ({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`;

const problems = [];
const check = (component, list, where) => {
  const licences = licencesOf(component);
  if (licences.length === 0 || !licences.every((text) => allowed(text, list))) {
    problems.push(`${label(component)} (${where}): licence ${licences.join(', ') || 'not stated'} is not on the list`);
  }
};
const production = sbom('--omit', 'dev');
const all = sbom();
production.components.forEach((component) => check(component, shipped, 'shipped'));
all.components.forEach((component) => check(component, tools, 'tool'));

const { packages } = JSON.parse(readFileSync(at('package-lock.json'), 'utf8'));
for (const [name, entry] of Object.entries(packages)) {
  if (name === '' || entry.link) continue;
  if (!entry.integrity && !entry.inBundle) problems.push(`package-lock.json: ${name} has no integrity`);
  if (entry.resolved) problems.push(`package-lock.json: ${name} names where it was fetched from`);
  if (entry.hasInstallScript && !harmlessScripts.includes(name.split('node_modules/').at(-1))) {
    problems.push(`package-lock.json: ${name} has an install script that nobody looked at`);
  }
}

const rows = production.components
  .map(
    (component) =>
      `| ${component.group ? `${component.group}/` : ''}${component.name} | ${licencesOf(component).join(', ')} |`,
  )
  .sort();
const list = `# Licences

What the published package depends on, at run time and however indirectly. \`npm run supply-chain -- --write\` makes this
list; without \`--write\` it checks it, and that every licence is one of ${shipped.join(', ')}.

| package | licence |
| --- | --- |
${[...new Set(rows)].join('\n')}
`;
if (flags.write) writeFileSync(at(listFile), list);
else if (readIfThere(listFile) !== list)
  problems.push(`${listFile} is not what it should be: npm run supply-chain -- --write`);

mkdirSync(at('dist'), { recursive: true });
writeFileSync(at('dist/sbom.cdx.json'), `${JSON.stringify(production, undefined, 2)}\n`);
console.log(`${production.components.length} packages shipped, ${all.components.length} in all; dist/sbom.cdx.json`);
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

function readIfThere(file) {
  try {
    return readFileSync(at(file), 'utf8');
  } catch {
    return undefined;
  }
}
