/** What `run --engine operator` would apply, as YAML that kubectl takes. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { compile } from '../bundle/compile.ts';
import type { Plan } from '../config/plan.ts';
import { renderRun } from '../runners/index.ts';
import { scriptPlanOf } from './script-plan.ts';

export async function operatorManifests(plan: Plan): Promise<string> {
  const bundle = await compile(path.join(plan.projectDir, 'scenarios', 'load.ts'), plan.projectDir);
  const { configMap, testRun } = renderRun({
    ...plan.operator,
    secret: plan.operator.secret ?? undefined,
    name: `load-${plan.profile}`.toLowerCase(),
    script: await readFile(bundle.file, 'utf8'),
    scriptPlan: scriptPlanOf(plan, plan.target.baseUrl ?? '', plan.target.metricsUrl, plan.scenarios),
    variables: plan.variables,
  });
  return [configMap, testRun]
    .map((object) => `---\n${stringify(object, { lineWidth: 0, aliasDuplicateObjects: false })}`)
    .join('');
}
