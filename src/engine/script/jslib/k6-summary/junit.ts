/** JUnit XML of a summary: one case per threshold. */
import type { SummaryData } from '../../../summary/text/index.ts';

export interface JUnitOptions {
  readonly name?: string;
  readonly classname?: string;
}

export function jUnit(
  data: SummaryData,
  { name = 'k6 thresholds', classname = 'Unnamed folder' }: JUnitOptions = {},
): string {
  const cases: string[] = [];
  let failures = 0;
  for (const [metric, { thresholds, values }] of Object.entries(data.metrics)) {
    for (const [source, { ok }] of Object.entries(thresholds ?? {})) {
      const open = `    <testcase name="${escapeXml(`${metric} - ${source}`)}" classname="${escapeXml(classname)}"`;
      if (ok) cases.push(`${open} />`);
      else {
        failures++;
        const observed = Object.entries(values).map(([key, value]) => `${key} value: ${value}`);
        cases.push(`${open}><failure message="${escapeXml(`${source} failed, ${observed.join(', ')}`)}" /></testcase>`);
      }
    }
  }
  const counts = `tests="${cases.length}" failures="${failures}"`;
  return [
    '<?xml version="1.0"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escapeXml(name)}" ${counts}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
  ].join('\n');
}

/** Text as XML 1.0 may carry it. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"'\n\r\t]/g, (char) => `&#${char.charCodeAt(0)};`);
}
