/** `gravl-load doctor` */
import pc from 'picocolors';
import { packageRoot, suiteVersion } from '../config/package.ts';
import { option } from '../config/options.ts';
import * as value from '../config/values.ts';
import { messageOf } from '../errors.ts';
import { findK6 } from '../runners/k6.ts';
import { probeCommand, versionIn } from '../runners/process.ts';
import { command } from './command.ts';

interface Finding {
  readonly name: string;
  readonly version: string | null;
  /** Where it is, or what is missing. */
  readonly detail: string;
  readonly hint?: string;
}

export const doctorCommand = command({
  usage: 'doctor',
  summary: 'show which engines and tools are here, and how to get the others',
  options: { json: option({ flags: '--json', help: 'print one JSON document', schema: value.flag, fallback: false }) },
  examples: [['gravl-load doctor', 'what can run load here']],
  async run({ json }, _, { env, stdout }) {
    const findings = await Promise.all([
      Promise.resolve({ name: 'node', version: process.versions.node, detail: process.execPath }),
      Promise.resolve({ name: 'gravl-load', version: suiteVersion, detail: packageRoot }),
      Promise.resolve({ name: 'engine embedded', version: suiteVersion, detail: 'always here' }),
      k6Finding(env),
      toolFinding(
        'engine docker',
        'docker',
        ['version', '--format', '{{.Server.Version}}'],
        'Install Docker and start its daemon.',
      ),
      toolFinding('git', 'git', ['--version'], 'Without git a run does not record its commit.'),
    ]);
    if (json) stdout.write(`${JSON.stringify(findings, undefined, 2)}\n`);
    else for (const finding of findings) stdout.write(`${line(finding)}\n`);
    return 0;
  },
});

function k6Finding(env: Readonly<Record<string, string | undefined>>): Promise<Finding> {
  const found = findK6(env);
  const hint = 'Install k6, or set K6_BIN; without it runs use the embedded engine.';
  if (found === undefined) {
    return Promise.resolve({ name: 'engine k6', version: null, detail: 'K6_BIN is not set, no k6 on the PATH', hint });
  }
  const [file, ...args] = found;
  return toolFinding('engine k6', file, [...args, 'version'], hint);
}

async function toolFinding(name: string, file: string, args: readonly string[], hint: string): Promise<Finding> {
  try {
    return { name, version: versionIn(await probeCommand(file, args)), detail: file };
  } catch (error) {
    return { name, version: null, detail: messageOf(error), hint };
  }
}

function line({ name, version, detail, hint }: Finding): string {
  const mark = hint === undefined ? pc.green('✓') : pc.yellow('–');
  const head = `${mark} ${name.padEnd(16)} ${(version ?? '').padEnd(10)} ${pc.dim(detail.split('\n')[0] ?? '')}`;
  return hint === undefined ? head : `${head}\n  ${' '.repeat(27)} ${hint}`;
}
