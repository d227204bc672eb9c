import { execFileSync } from 'node:child_process';

/** Tests drive the built bins, so a stale build must never be what they judge. */
export default function setup(): void {
  execFileSync(process.execPath, ['scripts/build-bins.mjs'], { stdio: 'inherit' });
}
