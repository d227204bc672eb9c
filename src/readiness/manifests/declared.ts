/** Files of ours beside the manifests (flows, permissions, waivers): YAML with a schema of our own. */
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { LoadError } from '../../errors.ts';
import { readText } from './load.ts';

/**
 * @param what it declares, for messages
 * @throws LoadError manifests.invalid with every problem
 */
export async function loadDeclared<T>(file: string, schema: z.ZodType<T>, what: string): Promise<T> {
  const document = parseDocument(await readText(file), { prettyErrors: true });
  const [syntax] = document.errors;
  if (syntax !== undefined) throw new LoadError('manifests.invalid', `${file}: ${syntax.message}`);
  const result = schema.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${file}: ${issue.path.map(String).join('.')}: ${issue.message}`);
  throw new LoadError('manifests.invalid', `${file} does not declare ${what}:`, {
    problems,
    hint: 'docs/readiness.md shows the form of the file.',
  });
}
