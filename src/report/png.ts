/** A report as a picture, by the Chromium of the system. */
import { execFile } from 'node:child_process';
import { access, constants, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { pathToFileURL } from 'node:url';
import { LoadError, messageOf } from '../errors.ts';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const timeoutMs = 60_000;

/**
 * Draws a page from disk into a picture.
 * @throws LoadError usage.invalid without a browser, results.unwritable when it could not draw
 */
export async function renderPng(
  html: string,
  png: string,
  env: Readonly<Record<string, string | undefined>>,
  size: { readonly width: number; readonly height: number } = { width: 1280, height: 1500 },
): Promise<void> {
  const browser = await findBrowser(env['PATH'] ?? '');
  if (browser === undefined) {
    throw new LoadError('usage.invalid', `--png needs a browser: none of ${names.join(', ')} is on the PATH`, {
      hint: 'Install Chromium (Debian: apt-get install chromium), or open report.html.',
    });
  }
  const profile = await mkdtemp(path.join(tmpdir(), 'gravl-load-png-'));
  try {
    await promisify(execFile)(
      browser,
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--hide-scrollbars',
        `--user-data-dir=${profile}`,
        `--window-size=${size.width},${size.height}`,
        `--screenshot=${png}`,
        pathToFileURL(html).href,
      ],
      { timeout: timeoutMs },
    );
    await stat(png);
  } catch (error) {
    throw new LoadError('results.unwritable', `${png} could not be drawn: ${messageOf(error)}`, { cause: error });
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
}

async function findBrowser(searchPath: string): Promise<string | undefined> {
  for (const name of names) {
    for (const dir of searchPath.split(path.delimiter).filter(Boolean)) {
      const file = path.join(dir, name);
      try {
        await access(file, constants.X_OK);
        return file;
      } catch {
        // The next one, then.
      }
    }
  }
  return undefined;
}
