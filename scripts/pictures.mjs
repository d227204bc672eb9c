// `npm run pictures`: makes the pictures of the README from a real load on the stand-in target (docs/images/*.png):
// what the terminal showed, and the report. Needs Chromium and `script` (util-linux); a minute.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { readArguments } from './lib/arguments.mjs';

readArguments('npm run pictures\n  makes docs/images/*.png from a real load; needs Chromium and `script` (util-linux)');

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const images = path.join(root, 'docs', 'images');
const mostBytes = 150_000;
const terminal = { columns: 112, rows: 44 };
const load = ['run', '--engine', 'embedded', '--duration', '30s', '--vus', '20'];

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
if (executablePath === undefined) {
  console.error('The pictures need Chromium (Debian: apt-get install chromium).');
  process.exit(2);
}

const results = mkdtempSync(path.join(tmpdir(), 'gravl-pictures-'));
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  mkdirSync(images, { recursive: true });
  const { live, verdict, run } = recordPassed();
  await picture('terminal.png', { width: 1000, height: 800, dark: true }, async (page) => {
    await page.setContent(terminalPage([`$ npx gravl-load ${load.join(' ')}`, live, '', verdict].join('\n')));
    return page.locator('pre');
  });
  await picture('report.png', { width: 1100, height: 1640, scale: 0.75, dark: false }, async (page) => {
    await page.goto(pathToFileURL(path.join(run, 'report.html')).href);
    return page;
  });
} finally {
  await browser.close();
  rmSync(results, { recursive: true, force: true });
}

/** A busy machine makes a load INVALID: it is tried again. */
function recordPassed() {
  for (let attempt = 1; attempt <= 5; attempt++) {
    const recorded = record();
    const { state, reasons } = JSON.parse(readFileSync(path.join(recorded.run, 'run.json'), 'utf8')).verdict;
    if (state === 'PASS') return recorded;
    console.error(`${state}: ${reasons.join('; ')}`);
  }
  throw new Error('no load passed: the machine is too busy for a picture');
}

/** Runs the load on a terminal and takes from what it wrote the last live picture and the final screen. */
function record() {
  const command = ['node', path.join(root, 'bin', 'gravl-load.js'), ...load, '--results', results];
  const size = `stty cols ${terminal.columns} rows ${terminal.rows}`;
  const typescript = path.join(results, 'typescript');
  execFileSync('script', ['--quiet', '--return', '--command', `${size}; ${command.join(' ')}`, typescript], {
    cwd: root,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'xterm-256color', FORCE_COLOR: '1' },
    stdio: 'ignore',
  });
  const text = readFileSync(typescript, 'utf8').replaceAll('\r\n', '\n');
  // Every redraw starts with a carriage return and ends with "erase below" (src/report/terminal/live/screen.ts).
  const frames = text.split('\r').filter((frame) => /\busers?\b/.test(plain(frame)) && frame.includes('limits'));
  const [last = ''] = frames.slice(-8);
  const end = text.split('\u001b[?25h').at(-1) ?? '';
  const folder = /runs\/local\/([\w-]+)/.exec(plain(end))?.[1];
  if (last === '' || folder === undefined) throw new Error(`no picture in:\n${plain(text)}`);
  return {
    live: last.trimEnd(),
    verdict: end
      .replace(/\nScript done[\s\S]*$/, '')
      .replaceAll(results, 'results')
      .replace(/(\.\.\/)+tmp\/gravl-pictures-\w+/g, 'results')
      // The usual folder needs no option.
      .replace(/ --results results$/m, '')
      .trim(),
    run: path.join(results, 'runs', 'local', folder),
  };
}

async function picture(name, { width, height, scale = 1, dark }, open) {
  const page = await browser.newPage({
    viewport: { width, height },
    deviceScaleFactor: scale,
    colorScheme: dark ? 'dark' : 'light',
  });
  const what = await open(page);
  const file = path.join(images, name);
  await what.screenshot({ path: file });
  await page.close();
  const { size } = statSync(file);
  console.log(`${path.relative(root, file)}  ${(size / 1000).toFixed(0)} kB`);
  if (size > mostBytes) throw new Error(`${name} is larger than ${mostBytes / 1000} kB: make its window smaller`);
}

function plain(text) {
  return text.replace(/\u001b\[[\d;?]*[A-Za-z]/g, '');
}

/** A terminal's text as a page: its colours become classes, other controls go. */
function terminalPage(text) {
  const escaped = (piece) => piece.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);
  let classes = new Set();
  const body = text
    .split(/(\u001b\[[\d;?]*[A-Za-z])/)
    .map((piece) => {
      const codes = /^\u001b\[([\d;]*)m$/.exec(piece)?.[1];
      if (codes === undefined) {
        if (piece.startsWith('\u001b') || piece === '') return '';
        return `<span class="${[...classes].join(' ')}">${escaped(piece)}</span>`;
      }
      for (const code of codes.split(';').map(Number)) classes = after(classes, code);
      return '';
    })
    .join('');
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; background: #14181f }
    pre { margin: 0; padding: 18px 22px; width: max-content; background: #14181f; color: #d5dbe3;
      font: 13px/1.35 'DejaVu Sans Mono', 'Liberation Mono', monospace }
    .c1 { font-weight: 700 } .c2 { color: #8b96a5 }
    .c30 { color: #10141a } .c31 { color: #ff7b72 } .c32 { color: #56d364 } .c33 { color: #e3b341 } .c36 { color: #56c8d8 }
    .c37 { color: #fff } .c41 { background: #da3633 } .c42 { background: #3fb950 } .c43 { background: #d29922 }
  </style><pre>${body}</pre>`;
}

/** What a colour code leaves of those before it. */
function after(classes, code) {
  if (code === 0) return new Set();
  const ends = { 22: ['c1', 'c2'], 39: /^c3/, 49: /^c4/ }[code];
  if (ends === undefined) return new Set([...classes, `c${code}`]);
  return new Set([...classes].filter((name) => (Array.isArray(ends) ? !ends.includes(name) : !ends.test(name))));
}
