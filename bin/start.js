// Starts a command, or says in one line what is missing. Runs on every Node, however old.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @param {string} name of the command and of its file in dist/ */
export function start(name) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const file = new URL(`../dist/${name}.js`, import.meta.url);
  let missing;
  if (major < 20 || (major === 20 && minor < 20)) {
    missing = `${name} needs Node 20.20 or newer; this is Node ${process.versions.node}`;
  } else if (!existsSync(fileURLToPath(file))) missing = `${name} is not built yet: npm run build`;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (error.code !== 'EPIPE') throw error;
      // Nobody reads any more (`| head`). k6 ends there; what the suite does is worth the while without a reader.
      if (name === 'gravl-k6') process.exit(141);
    });
  }
  if (missing === undefined) return import(file.href);
  console.error(missing);
  process.exitCode = 2;
}
