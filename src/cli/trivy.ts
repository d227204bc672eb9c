/** The image scanner Trivy, as a program on the PATH. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { LoadError, messageOf, systemCode } from '../errors.ts';

const timeoutMs = 600_000;
const longestReport = 256 * 1024 * 1024;

/**
 * @returns its JSON report
 * @throws LoadError scanner.failed
 */
export async function scanWithTrivy(image: string): Promise<string> {
  // An image out of a manifest is never taken for an option.
  const args = ['image', '--quiet', '--format', 'json', '--', image];
  try {
    const { stdout } = await promisify(execFile)('trivy', args, { timeout: timeoutMs, maxBuffer: longestReport });
    return stdout;
  } catch (error) {
    const missing = systemCode(error) === 'ENOENT';
    const why = missing ? 'there is no trivy on the PATH' : messageOf(error).split('\n').slice(0, 3).join(' ').trim();
    throw new LoadError('scanner.failed', missing ? `--trivy: ${why}` : `trivy cannot scan ${image}: ${why}`, {
      cause: error,
    });
  }
}
