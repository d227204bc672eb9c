// Another commit of this repository, built beside this one, so that both are measured in turns on the same machine.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/** The last release, else the commit before. */
export function defaultBase() {
  try {
    return git('describe', '--tags', '--abbrev=0', 'HEAD^');
  } catch {
    return 'HEAD^';
  }
}

/** @returns {{ name: string, engine: string[], remove: () => void }} */
export function buildBase(ref) {
  const commit = git('rev-parse', '--short', `${ref}^{commit}`);
  const dir = path.join(mkdtempSync(path.join(tmpdir(), 'gravl-base-')), 'tree');
  git('worktree', 'add', '--detach', dir, commit);
  const remove = () => {
    git('worktree', 'remove', '--force', dir);
    rmSync(path.dirname(dir), { recursive: true, force: true });
  };
  try {
    const sameLock = git('diff', '--name-only', commit, 'HEAD', '--', 'package-lock.json') === '';
    if (sameLock && existsSync(path.join(root, 'node_modules'))) {
      symlinkSync(path.join(root, 'node_modules'), path.join(dir, 'node_modules'));
      execFileSync(process.execPath, ['scripts/build-bins.mjs'], { cwd: dir, stdio: 'pipe' });
    } else execFileSync('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: dir, stdio: 'pipe' });
  } catch (error) {
    remove();
    throw new Error(`${ref} (${commit}) cannot be built: ${String(error.stderr ?? error.message).slice(-500)}`);
  }
  const name = ref === commit ? commit : `${ref} (${commit})`;
  return { name, engine: [process.execPath, path.join(dir, 'bin', 'gravl-k6.js')], remove };
}
