/** `gravl-load ready` */
import path from 'node:path';
import { z } from 'zod';
import { option } from '../config/options.ts';
import { suiteVersion } from '../config/package.ts';
import * as value from '../config/values.ts';
import { gatherContext } from '../readiness/gates/context.ts';
import { evaluateGates, waiversSchema, type GateReport } from '../readiness/gates/evaluate.ts';
import * as render from '../readiness/gates/render.ts';
import { imagesOf, readScan } from '../readiness/gates/scan.ts';
import type { GateContext } from '../readiness/gates/model.ts';
import { loadDeclared } from '../readiness/manifests/declared.ts';
import { command } from './command.ts';
import { gateOptions, textOption as text } from './readiness-options.ts';
import { scanWithTrivy } from './trivy.ts';

const formats: Readonly<Record<string, (report: GateReport) => string>> = {
  table: render.renderText,
  json: (report) => `${JSON.stringify(report, undefined, 2)}\n`,
  sarif: (report) => render.renderSarif(report, suiteVersion),
  markdown: render.renderMarkdown,
  html: render.renderHtml,
};
const formatNames = Object.keys(formats);

export const readyCommand = command({
  usage: 'ready',
  summary: 'judge the readiness gates of an environment: security, performance, operations',
  options: {
    ...gateOptions,
    manifests: option({
      flags: '--manifests <dir>',
      help: 'folder of the manifests',
      schema: value.text,
      fallback: 'k8s',
    }),
    context: text('--context <name>', 'read a running cluster instead of the manifests: a context of the kubeconfig'),
    trivy: option({
      flags: '--trivy',
      help: 'scan the images with the trivy on the PATH',
      schema: value.flag,
      fallback: false,
    }),
    sealingCert: text(
      '--sealing-cert <file>',
      'certificate that secrets are sealed with; of the cluster with --context',
    ),
    prometheus: option<string | undefined>({
      flags: '--prometheus <url>',
      help: 'ask that Prometheus which alerts it has loaded',
      schema: value.httpUrl,
      fallback: undefined,
    }),
    results: option({
      flags: '--results <dir>',
      help: 'folder of runs and baselines',
      schema: value.text,
      fallback: 'results',
    }),
    format: option({
      flags: '--format <name>',
      help: `what to print: ${formatNames.join(', ')}`,
      schema: z.string().refine((name) => formatNames.includes(name), `must be of ${formatNames.join(', ')}`),
      fallback: 'table',
    }),
    json: option({ flags: '--json', help: 'the same as --format json', schema: value.flag, fallback: false }),
  },
  examples: [
    ['gravl-load ready --env staging', 'from the manifests: what needs a cluster is "not checked"'],
    ['gravl-load ready --context gravl-prod --tls gravl.app:443', 'the running cluster and its endpoint'],
    ['gravl-load ready --scan scan.json --format sarif > ready.sarif', 'for code scanning'],
  ],
  async run(values, _, { cwd, stdout }) {
    const at = (file: string): string => path.resolve(cwd, file);
    // As given where that is the same file, so that messages and SARIF name it as the project does.
    const place = cwd === process.cwd() ? values.manifests : at(values.manifests);
    const gathered = await gatherContext({
      environment: values.env,
      manifests: place,
      results: at(values.results),
      context: values.context,
      kubeconfig: values.kubeconfig === undefined ? undefined : at(values.kubeconfig),
      scans: values.scan.map(at),
      sealingCert: values.sealingCert === undefined ? undefined : at(values.sealingCert),
      tls: values.tls,
      prometheus: values.prometheus,
      now: new Date(),
    });
    const context = values.trivy ? await withTrivy(gathered) : gathered;
    const waivers =
      values.waivers === undefined ? [] : (await loadDeclared(at(values.waivers), waiversSchema, 'waivers')).waivers;
    const report = evaluateGates(context, waivers);
    stdout.write(formats[values.json ? 'json' : values.format]?.(report) ?? '');
    return report.ready ? 0 : 5;
  },
});

/** One after the other: scanners share a database on the disk. */
async function withTrivy(context: GateContext): Promise<GateContext> {
  const scans = [...context.scans];
  for (const image of imagesOf(context)) {
    scans.push(readScan(`trivy image ${image}`, await scanWithTrivy(image)));
  }
  return { ...context, scans };
}
