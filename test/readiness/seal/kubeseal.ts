/** The real kubeseal: from the PATH, or installed with Go into .cache/bin. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../e2e/harness.ts';

/** .ci/run installs the same. */
const version = 'v0.27.3';

/** @returns undefined where there is neither kubeseal nor Go */
export function findKubeseal(): string | undefined {
  const cached = path.join(root, '.cache/bin/kubeseal');
  if (existsSync(cached)) return cached;
  if (runs('kubeseal', ['--version'])) return 'kubeseal';
  if (!runs('go', ['version'])) return undefined;
  const env = { ...process.env, GOBIN: path.dirname(cached) };
  const what = `github.com/bitnami-labs/sealed-secrets/cmd/kubeseal@${version}`;
  return runs('go', ['install', what], env) ? cached : undefined;
}

function runs(file: string, args: readonly string[], env = process.env): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore', env, timeout: 300_000 });
    return true;
  } catch {
    return false;
  }
}
