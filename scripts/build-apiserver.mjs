// The real kube-apiserver that `npm run test:cluster` starts: built from its Go modules (test/cluster/apiserver), kept
// outside the project by version, so that only the first run waits. Prints its path.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments } from './lib/arguments.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const moduleDir = path.join(root, 'test', 'cluster', 'apiserver');
const cache =
  process.env.KUBE_APISERVER_CACHE ??
  path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'gravl-load');

/** The file; throws an Error that says what is missing. */
export function buildApiServer() {
  if (process.env.KUBE_APISERVER) return process.env.KUBE_APISERVER;
  const [, version] = /k8s\.io\/kubernetes (v\d+\.\d+\.\d+)/.exec(readFileSync(path.join(moduleDir, 'go.mod'), 'utf8'));
  const file = path.join(cache, 'kube-apiserver', `${version}-${process.platform}-${process.arch}`);
  if (existsSync(file)) return file;
  if (spawnSync('go', ['version']).status !== 0) throw new Error('needs go (1.25 or newer), or KUBE_APISERVER=FILE');
  console.error(`building kube-apiserver ${version}: some minutes, once`);
  mkdirSync(path.dirname(file), { recursive: true });
  // Not into its place: who is interrupted leaves no half of a program.
  const partial = `${file}.${process.pid}`;
  const [major, minor] = version.slice(1).split('.');
  const names = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const set = Object.entries(names).map(([key, value]) => `-X k8s.io/component-base/version.${key}=${value}`);
  const flags = ['-mod=readonly', '-trimpath', '-ldflags', ['-s', '-w', ...set].join(' ')];
  const { status } = spawnSync('go', ['build', ...flags, '-o', partial, 'k8s.io/kubernetes/cmd/kube-apiserver'], {
    cwd: moduleDir,
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) throw new Error(`go build of kube-apiserver ${version} failed`);
  renameSync(partial, file);
  return file;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  readArguments(
    'node scripts/build-apiserver.mjs\n  builds kube-apiserver for npm run test:cluster and prints its path; needs go, or KUBE_APISERVER=FILE',
  );
  try {
    console.log(buildApiServer());
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
