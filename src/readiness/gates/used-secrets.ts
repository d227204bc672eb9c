/** Secrets that pods and ingresses use: does anything make them, with the keys that are asked for? */
import type { KubeObject } from '../manifests/load.ts';
import { containersOf, workloadsOf, type Workload } from '../manifests/workloads.ts';
import { field, judge, list, nameOf, notChecked, type Finding, type Gate, type GateContext } from './model.ts';

interface Use {
  readonly by: KubeObject;
  readonly namespace: string;
  readonly secret: string;
  /** Undefined: all of it. */
  readonly key: string | undefined;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const keysOf = (value: unknown): string[] => Object.keys(value ?? {});

function usesOf(workload: Workload): Use[] {
  const { object: by, namespace, template } = workload;
  const uses: Use[] = [];
  const add = (of: unknown, nameKey: string, keys: readonly unknown[]): void => {
    const secret = text(field(of, nameKey));
    if (secret === '' || field(of, 'optional') === true) return;
    for (const key of keys.length === 0 ? [undefined] : keys) {
      uses.push({ by, namespace, secret, key: typeof key === 'string' ? key : undefined });
    }
  };
  const items = (of: unknown): unknown[] => list(field(of, 'items')).map((item) => field(item, 'key'));
  for (const container of containersOf(workload)) {
    for (const variable of list(field(container, 'env'))) {
      const of = field(variable, 'valueFrom', 'secretKeyRef');
      add(of, 'name', [field(of, 'key')]);
    }
    for (const from of list(field(container, 'envFrom'))) add(field(from, 'secretRef'), 'name', []);
  }
  for (const volume of list(field(template.spec, 'volumes'))) {
    const of = field(volume, 'secret');
    add(of, 'secretName', items(of));
    for (const source of list(field(volume, 'projected', 'sources'))) {
      const part = field(source, 'secret');
      add(part, 'name', items(part));
    }
  }
  return uses;
}

interface Maker {
  readonly object: KubeObject;
  /** Undefined: not known. */
  readonly keys: readonly string[] | undefined;
}

/** What makes a Secret of that name. */
function makersOf(objects: readonly KubeObject[], namespace: string, secret: string): Maker[] {
  return objects.flatMap((object): Maker[] => {
    const { kind, body, metadata } = object;
    if ((metadata.namespace ?? 'default') !== namespace) return [];
    const spec = (...keys: string[]): unknown => field(body, 'spec', ...keys);
    if (kind === 'SealedSecret' && metadata.name === secret) {
      return [{ object, keys: [...keysOf(spec('encryptedData')), ...keysOf(spec('template', 'data'))] }];
    }
    if (kind === 'ExternalSecret' && (text(spec('target', 'name')) || metadata.name) === secret) {
      const whole = list(spec('dataFrom')).length > 0 || spec('target', 'template') !== undefined;
      return [{ object, keys: whole ? undefined : list(spec('data')).map((entry) => text(field(entry, 'secretKey'))) }];
    }
    if (kind === 'Certificate' && spec('secretName') === secret) return [{ object, keys: undefined }];
    if (kind === 'Secret' && metadata.name === secret) {
      return [{ object, keys: [...keysOf(body['data']), ...keysOf(body['stringData'])] }];
    }
    return [];
  });
}

export const usedSecretsGate: Gate = {
  id: 'secrets-made',
  area: 'security',
  title: 'every Secret that a pod uses is made by a sealed or external one, with its keys',
  verify: 'kubectl -n NAMESPACE get sealedsecrets,externalsecrets,certificates',
  fix: 'Seal the Secret (gravl-load secrets seal), or correct its name or key in the pod.',
  check({ objects, namespaces }: GateContext) {
    const workloads = workloadsOf(objects).filter(({ namespace }) => namespaces.includes(namespace));
    if (workloads.length === 0) return notChecked('there is no workload');
    const uses = workloads.flatMap(usesOf);
    const findings: Finding[] = [];
    const unknown = new Set<string>();
    for (const { by, namespace, secret, key } of uses) {
      const makers = makersOf(objects, namespace, secret);
      if (makers.length === 0) unknown.add(`${namespace}/${secret}`);
      else if (key !== undefined && makers.every(({ keys }) => keys !== undefined && !keys.includes(key))) {
        const made = makers.map(({ object }) => nameOf(object)).join(', ');
        findings.push({
          message: `${nameOf(by)} uses ${key} of ${secret}, which ${made} does not make`,
          where: by.where('spec'),
        });
      }
    }
    if (findings.length === 0 && unknown.size > 0) {
      return notChecked(`nothing that is looked at makes ${[...unknown].join(', ')}: it must be there already`);
    }
    return judge(findings, `${new Set(uses.map(({ namespace, secret }) => `${namespace}/${secret}`)).size} Secrets`);
  },
};
