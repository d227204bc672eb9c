/** A gate report for people, for code scanning (SARIF) and for pages. */
import type { GateReport, GateResult } from './evaluate.ts';
import { areas } from './model.ts';

const marks: Readonly<Record<GateResult['state'], string>> = {
  pass: '✓ pass       ',
  fail: '✗ FAIL       ',
  'not checked': '? not checked',
  waived: '~ waived     ',
};

const age = (result: GateResult, report: GateReport): string => {
  const hours = (Date.parse(report.checkedAt) - Date.parse(result.observedAt)) / 3_600_000;
  if (hours < 1) return 'now';
  return hours < 48 ? `${Math.floor(hours)} h old` : `${Math.floor(hours / 24)} days old`;
};

const waiverText = ({ waiver }: GateResult): string =>
  waiver === undefined ? '' : `waived by ${waiver.who} until ${waiver.until}: ${waiver.why}`;

const total = (report: GateReport): string => {
  const count = (state: GateResult['state']): number =>
    report.results.filter((result) => result.state === state).length;
  const parts = (['pass', 'fail', 'not checked', 'waived'] as const).map((state) => `${count(state)} ${state}`);
  return `${report.environment} is ${report.ready ? 'READY' : 'NOT READY'}: ${parts.join(', ')}`;
};

export function renderText(report: GateReport): string {
  const lines: string[] = [];
  for (const area of areas) {
    lines.push(area.toUpperCase());
    for (const result of report.results.filter((one) => one.area === area)) {
      lines.push(`  ${marks[result.state]}  ${result.id}: ${result.title}`);
      lines.push(`       ${result.evidence} (${age(result, report)})`);
      if (result.state === 'pass') continue;
      if (result.waiver !== undefined) lines.push(`       ${waiverText(result)}`);
      for (const { message, where } of result.findings.slice(0, 10)) {
        lines.push(`       - ${where === undefined ? '' : `${where}: `}${message}`);
      }
      if (result.findings.length > 10) lines.push(`       - … and ${result.findings.length - 10} more (--json)`);
      lines.push(`       verify: ${result.verify}`, `       fix: ${result.fix}`);
    }
    lines.push('');
  }
  return `${lines.join('\n')}${total(report)}\n`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export function renderMarkdown(report: GateReport): string {
  const rows = report.results.map((result) => {
    const found = [result.evidence, waiverText(result), ...result.findings.slice(0, 5).map(({ message }) => message)];
    const notes = found.filter((part) => part !== '').join('<br>');
    return `| ${result.area} | ${result.id} | **${result.state}** | ${cell(notes)} | ${age(result, report)} | \`${cell(result.verify)}\` | ${cell(result.fix)} |`;
  });
  return [
    `# ${total(report)}`,
    '',
    `Checked ${report.checkedAt}, ${report.live ? 'on the running cluster' : 'from the manifests'}.`,
    '',
    '| area | gate | state | evidence | age | verify | fix |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

export function renderHtml(report: GateReport): string {
  const rows = report.results.map((result) => {
    const notes = [result.evidence, waiverText(result), ...result.findings.map(({ message }) => message)];
    const list = notes.filter((part) => part !== '').map((part) => `<div>${escape(part)}</div>`);
    return `<tr class="${result.state.replace(' ', '-')}"><td>${result.area}</td><td><b>${result.id}</b><br>${escape(result.title)}</td><td>${result.state}</td><td>${list.join('')}</td><td>${age(result, report)}</td><td><code>${escape(result.verify)}</code></td><td>${escape(result.fix)}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escape(total(report))}</title><style>
body{font:14px system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}
td,th{border:1px solid #ccc;padding:.4rem .6rem;vertical-align:top;text-align:left}code{white-space:pre-wrap}
.pass td:nth-child(3){background:#d7f0dc}.fail td:nth-child(3){background:#f6d9d9}
.not-checked td:nth-child(3){background:#f7ecc5}.waived td:nth-child(3){background:#dde6f5}
</style></head><body><h1>${escape(total(report))}</h1><p>Checked ${report.checkedAt}.</p><table>
<thead><tr><th>area</th><th>gate</th><th>state</th><th>evidence</th><th>age</th><th>verify</th><th>fix</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></body></html>
`;
}

/** SARIF 2.1.0, for code scanning: a result for each finding of a gate that failed. */
export function renderSarif(report: GateReport, version: string): string {
  const results = report.results
    .filter(({ state }) => state === 'fail' || state === 'not checked')
    .flatMap((gate) =>
      (gate.findings.length > 0 ? gate.findings : [{ message: gate.evidence }]).map((finding) => ({
        ruleId: gate.id,
        level: gate.state === 'fail' ? 'error' : 'warning',
        message: { text: finding.message },
        ...location('where' in finding ? finding.where : undefined),
      })),
    );
  const rules = report.results.map(({ id, title, fix }) => ({
    id,
    shortDescription: { text: title },
    help: { text: fix },
  }));
  const tool = { driver: { name: 'gravl-load ready', version, rules } };
  const log = { $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [{ tool, results }] };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}

function location(where: string | undefined): object {
  const match = /^(.+):(\d+)$/.exec(where ?? '');
  if (match === null) return {};
  const physicalLocation = {
    artifactLocation: { uri: encodeURI(match[1] ?? '') },
    region: { startLine: Number(match[2]) },
  };
  return { locations: [{ physicalLocation }] };
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
