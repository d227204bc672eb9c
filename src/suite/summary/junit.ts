/** JUnit XML of a summary: one case per threshold, and one per check. */
import { allChecks, type SummaryData } from './data.ts';

export interface JUnitOptions {
  readonly name?: string;
  readonly classname?: string;
}

export function jUnit(data: SummaryData, options: JUnitOptions = {}): string {
  const name = escapeXml(options.name ?? 'k6 thresholds');
  const classname = escapeXml(options.classname ?? 'Unnamed folder');
  const cases: string[] = [];
  let failures = 0;
  const add = (title: string, failure: string | undefined): void => {
    const open = `<testcase name="${escapeXml(title)}" classname="${classname}"`;
    if (failure === undefined) {
      cases.push(`${open} />`);
      return;
    }
    failures++;
    cases.push(`${open}><failure message="${escapeXml(failure)}" /></testcase>`);
  };
  for (const [metric, { thresholds }] of Object.entries(data.metrics)) {
    for (const [expression, { ok }] of Object.entries(thresholds ?? {})) {
      add(`${metric} - ${expression}`, ok ? undefined : `${metric}: ${expression} does not hold`);
    }
  }
  for (const { path, passes, fails } of allChecks(data.root_group)) {
    add(`check${path}`, fails === 0 ? undefined : `${fails} of ${passes + fails} failed`);
  }
  const counts = `tests="${cases.length}" failures="${failures}"`;
  const suite = `<testsuite name="${name}" ${counts}>\n    ${cases.join('\n    ')}\n  </testsuite>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${counts}>\n  ${suite}\n</testsuites>\n`;
}

/** Text as XML may carry it: markup escaped, characters that XML 1.0 forbids replaced. */
export function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"'\n\r\t]/g, (char) => `&#${char.charCodeAt(0)};`);
}
