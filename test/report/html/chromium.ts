/** Debian's Chromium, when it is there; pages that note every error and every request. */
import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Tests say so themselves when the browser is missing. */
export const haveChromium = existsSync(executablePath);

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

export interface Watched {
  readonly page: Page;
  /** Console errors, exceptions and refusals by the policy. */
  readonly errors: string[];
  /** Everything that was asked of a network. */
  readonly requests: string[];
}

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: 'light' | 'dark';
}

export async function openFile(browser: Browser, file: string, options: PageOptions = {}): Promise<Watched> {
  const watched = await newPage(browser, options);
  await watched.page.goto(`file://${file}`);
  return watched;
}

/** An empty page that is watched. */
export async function newPage(browser: Browser, options: PageOptions = {}): Promise<Watched> {
  const { width = 1280, height = 900, colorScheme = 'light' } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, bypassCSP: false });
  const page = await context.newPage();
  // Only against hanging for good.
  page.setDefaultTimeout(300_000);
  const errors: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => {
    if (!request.url().startsWith('file:') && !request.url().startsWith('data:')) requests.push(request.url());
  });
  page.on('dialog', (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, errors, requests };
}
