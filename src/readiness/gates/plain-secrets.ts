/** Secrets in plain sight: as a Secret, in a pod's variables, in a ConfigMap, in what kubectl keeps of them. */
import type { KubeObject } from '../manifests/load.ts';
import { workloadsOf, containersOf } from '../manifests/workloads.ts';
import { field, list, nameOf, type Finding } from './model.ts';

const secretName = /(^|[_.-])(password|passwd|pwd|secret|token|api_?key|private_?key|access_?key|credentials)$/i;
/** An address with user and password. */
const secretUrl = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]+:[^/\s@]+@/i;
/** `$(NAME)` is filled in by Kubernetes, `${NAME}` and `{{ … }}` by what makes the manifest. */
const filledIn = /\$\(\w+\)|\$\{[^}]+\}|\{\{.*\}\}/;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Whether a text under that name is a secret itself, and not the place of one. */
function gives(name: string, value: unknown): boolean {
  if (typeof value !== 'string' || value === '' || filledIn.test(value)) return false;
  if (privateKey.test(value) || secretUrl.test(value)) return true;
  return secretName.test(name) && !value.startsWith('/') && !/^(true|false|\d{1,4})$/.test(value);
}

/** The secrets that one object shows. Their values never appear in a finding. */
export function plainIn(object: KubeObject): Finding[] {
  const { kind, body, metadata } = object;
  const finding = (message: string, ...keys: (string | number)[]): Finding => ({
    message: `${nameOf(object)}${message}`,
    where: object.where(...keys),
  });
  const filled = (key: string): boolean => Object.keys(field(body, key) ?? {}).length > 0;
  const findings: Finding[] = [];
  if (kind === 'Secret' && (filled('data') || filled('stringData'))) findings.push(finding(' is in plain sight'));
  const kept = metadata.annotations['kubectl.kubernetes.io/last-applied-configuration'] ?? '';
  if (kind !== 'Secret' && /"kind":\s*"Secret"/.test(kept)) {
    findings.push(finding(' keeps a plain Secret in its annotations', 'metadata', 'annotations'));
  }
  if (kind === 'ConfigMap') {
    for (const [key, value] of Object.entries(field(body, 'data') ?? {})) {
      if (gives(key, value)) findings.push(finding(`: ${key} is a secret in plain sight`, 'data', key));
    }
  }
  for (const workload of workloadsOf([object])) {
    for (const { name, env } of containersOf(workload)) {
      for (const variable of list(env)) {
        const key = String(field(variable, 'name'));
        if (gives(key, field(variable, 'value'))) {
          findings.push(
            finding(`: ${name}: ${key} is a secret in plain sight`, ...workload.path, 'spec', 'containers'),
          );
        }
      }
    }
  }
  return findings;
}
