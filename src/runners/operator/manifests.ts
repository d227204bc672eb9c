/** What a distributed run puts into the cluster: the bundle as a ConfigMap, and the TestRun that the k6-operator acts on. */
import { gzipSync } from 'node:zlib';
import type { ApiObject } from '../../cluster/objects.ts';
import { looksSecret } from '../../config/redact.ts';
import { LoadError } from '../../errors.ts';
import type { ScriptPlan } from '../../suite/script-plan.ts';
import { planVariables } from '../plan-variables.ts';

/** How pods tell what they measure, in their logs. */
export type PodOutput = 'json' | 'record';

export interface OperatorOptions {
  readonly namespace: string;
  readonly parallelism: number;
  readonly image: string;
  readonly output: PodOutput;
  /** A Secret of the namespace whose entries become variables of the script. */
  readonly secret: string | undefined;
}

export interface OperatorRun extends OperatorOptions {
  /** Unique among runs, and a name that Kubernetes takes. */
  readonly name: string;
  /** The bundle's text. */
  readonly script: string;
  readonly scriptPlan: ScriptPlan;
  readonly variables: Readonly<Record<string, string>>;
}

/** Our pods, and no others, carry it; its value is the run's name. */
export const runLabel = 'gravl.app/run';
export const managedBy = { 'app.kubernetes.io/managed-by': 'gravl-load', 'app.kubernetes.io/part-of': 'gravl' };
const scriptFile = 'load.js';
/** The API server takes objects of at most that size, names and metadata included. */
const maxBytes = 1024 * 1024 - 8 * 1024;

const security = {
  pod: {
    runAsNonRoot: true,
    runAsUser: 12345,
    runAsGroup: 12345,
    fsGroup: 12345,
    seccompProfile: { type: 'RuntimeDefault' },
  },
  container: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  },
};
/** What a pod may use; the record says so. */
export const podLimits = { cpus: 1, memoryMb: 512 };

/** What the reader of the pods' samples needs; every other tag would only make their logs longer. */
const systemTags = 'name,method,status,error,error_code,expected_response,scenario';

/** @throws LoadError config.invalid when the run cannot be put into a cluster */
export function renderRun(run: OperatorRun): { configMap: ApiObject; testRun: ApiObject } {
  refuseSecrets(run.variables);
  const labels = { ...managedBy, [runLabel]: run.name };
  const metadata = { name: run.name, namespace: run.namespace, labels };
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { [scriptFile]: run.script } };
  const size = Buffer.byteLength(JSON.stringify(configMap));
  if (size > maxBytes) {
    throw new LoadError(
      'config.invalid',
      `the bundle of the scenarios has ${size} bytes (${gzipSync(run.script).length} compressed); a ConfigMap holds ${maxBytes}`,
      { hint: 'Import less, read large test data over HTTP, or leave scenarios out with --scenario.' },
    );
  }
  // Pods have no common file system: the summary goes to their logs, beside the samples.
  const options = shareOf(run.scriptPlan.options, run.parallelism);
  const plan: ScriptPlan = { ...run.scriptPlan, options, summaryFile: 'stderr' };
  const env = [
    ...Object.entries(run.variables).map(([name, value]) => ({ name, value })),
    ...Object.entries(planVariables(plan)).map(([name, value]) => ({ name, value })),
    { name: 'K6_SYSTEM_TAGS', value: systemTags },
  ];
  const pod = {
    metadata: { labels },
    image: run.image,
    env,
    ...(run.secret === undefined ? {} : { envFrom: [{ secretRef: { name: run.secret } }] }),
    serviceAccountName: 'load-generator',
    automountServiceAccountToken: 'false',
    securityContext: security.pod,
    containerSecurityContext: security.container,
    resources: {
      requests: { cpu: '500m', memory: '256Mi' },
      limits: { cpu: String(podLimits.cpus), memory: `${podLimits.memoryMb}Mi` },
    },
  };
  const helper = { ...pod, metadata: { labels: managedBy } };
  // The starter has an image of the operator's own.
  const starter = { ...helper, image: undefined, env: undefined, envFrom: undefined };
  return {
    configMap,
    testRun: {
      apiVersion: 'k6.io/v1alpha1',
      kind: 'TestRun',
      metadata,
      spec: {
        parallelism: run.parallelism,
        // One pod a node: pods that share one would share its network, too.
        separate: run.parallelism > 1,
        quiet: 'true',
        arguments: `--no-usage-report --no-color --out ${run.output}=/dev/stdout`,
        script: { configMap: { name: run.name, file: scriptFile } },
        initializer: helper,
        starter,
        runner: pod,
      },
    },
  };
}

/** Each pod holds back its own requests and knows nothing of the others'. */
function shareOf(options: ScriptPlan['options'], pods: number): ScriptPlan['options'] {
  if (options.rps == null) return options;
  const rps = Math.floor(options.rps / pods);
  if (rps >= 1) return { ...options, rps };
  throw new LoadError('plan.refused', `${pods} pods cannot share ${options.rps} requests/s, which are allowed there`, {
    hint: `Give --parallelism ${options.rps} or less; maxRps of the environment in gravl-load.config.ts says how much is allowed.`,
  });
}

/** A TestRun can be read by everyone who may see the namespace. */
function refuseSecrets(variables: Readonly<Record<string, string>>): void {
  const secret = Object.keys(variables).find(looksSecret);
  if (secret === undefined) return;
  throw new LoadError('config.invalid', `-e ${secret}: its value would stand in the TestRun, where many can read it`, {
    hint: 'Put it into a Secret of the namespace and name that with --runner-secret.',
  });
}
