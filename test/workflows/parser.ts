/** GitHub's own parser of workflows. It imports JSON as only bundlers allow, so it is bundled first. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as parser from '@actions/workflow-parser';
import { build } from 'esbuild';
import { root, temporaryFolder } from '../e2e/harness.ts';

export async function workflowParser(): Promise<typeof parser> {
  const outfile = path.join(temporaryFolder(), 'parser.mjs');
  await build({
    stdin: { contents: "export * from '@actions/workflow-parser'", resolveDir: root },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'warning',
  });
  return (await import(pathToFileURL(outfile).href)) as typeof parser;
}
