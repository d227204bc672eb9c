// `npm run check`: every gate side by side; prints the output of those that fail.
import { spawn } from 'node:child_process';
import { readArguments } from './lib/arguments.mjs';

readArguments('npm run check\n  every gate side by side: lint, format, types, dead code, import walls');

const gates = ['lint', 'format:check', 'typecheck', 'knip', 'walls'];

const run = (gate) =>
  new Promise((resolve) => {
    const child = spawn('npm', ['run', '--silent', gate], { stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => resolve({ gate, code: 1, output: String(error) }));
    child.on('close', (code) => resolve({ gate, code, output: Buffer.concat(chunks).toString() }));
  });

const results = await Promise.all(gates.map(run));
for (const { gate, code, output } of results) {
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'} ${gate}`);
  if (code !== 0) console.log(output);
}
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1;
