/** The runner pods of a TestRun: which there are, how they fare, what they log. */
import { reasonOf, type Cluster } from '../../cluster/client.ts';
import { LoadError } from '../../errors.ts';
import { z } from 'zod';
import { runLabel } from './manifests.ts';

const stateSchema = z.object({
  waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional(),
  running: z.object({}).optional(),
  terminated: z.object({ exitCode: z.int(), reason: z.string().optional() }).optional(),
});

const podSchema = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ containers: z.array(z.object({ name: z.string() })).min(1) }),
  status: z
    .object({
      phase: z.string().optional(),
      message: z.string().optional(),
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .optional(),
      containerStatuses: z.array(z.object({ name: z.string(), state: stateSchema.optional() })).optional(),
    })
    .optional(),
});

export interface RunnerPod {
  readonly name: string;
  /** Where the engine runs. */
  readonly container: string;
  /** Its log can be read. */
  readonly started: boolean;
  readonly ended: boolean;
  /** Null while it runs, and when the pod was taken away before it could say. */
  readonly exitCode: number | null;
  /** Why it does not start, or did not end well; undefined when nothing is known. */
  readonly trouble: string | undefined;
}

/** @throws LoadError cluster.refused, cluster.unreachable */
export async function listPods(cluster: Cluster, namespace: string, run: string): Promise<RunnerPod[]> {
  const query = `labelSelector=${encodeURIComponent(`${runLabel}=${run}`)}`;
  const { status, body } = await cluster.get(`/api/v1/namespaces/${namespace}/pods?${query}`);
  if (status !== 200) throw new LoadError('cluster.refused', `pods of ${namespace}: ${reasonOf(status, body)}`);
  const { items } = z.object({ items: z.array(podSchema) }).parse(body);
  return items.map(podOf).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function podOf({ metadata, spec, status }: z.infer<typeof podSchema>): RunnerPod {
  const container = spec.containers[0]?.name ?? '';
  const state = status?.containerStatuses?.find(({ name }) => name === container)?.state;
  const unscheduled = status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  const { waiting, terminated } = state ?? {};
  return {
    name: metadata.name,
    container,
    started: state?.running !== undefined || terminated !== undefined,
    // An evicted pod has no container that could say it.
    ended: terminated !== undefined || status?.phase === 'Failed',
    exitCode: terminated?.exitCode ?? null,
    trouble:
      (waiting?.reason === undefined || waiting.reason === 'ContainerCreating'
        ? undefined
        : [waiting.reason, waiting.message].filter(Boolean).join(': ')) ??
      unscheduled?.message ??
      (terminated?.reason === 'OOMKilled' ? 'OOMKilled: it used more memory than a runner pod may have' : undefined) ??
      status?.message,
  };
}

/**
 * Lines of a pod's log from its start to its end. A connection that breaks is made again, and what was told is not told
 * twice.
 */
export async function* podLog(
  cluster: Cluster,
  namespace: string,
  pod: RunnerPod,
  signal: AbortSignal,
  pause: (attempt: number) => Promise<boolean>,
): AsyncGenerator<string> {
  let last = '';
  // Lines that carry the newest time: several may share one.
  let atLast = 0;
  for (let attempt = 0; ;) {
    const query = new URLSearchParams({ container: pod.container, follow: 'true', timestamps: 'true' });
    // The server takes whole seconds.
    if (last !== '') query.set('sinceTime', `${last.slice(0, 19)}Z`);
    let skip = atLast;
    const path = `/api/v1/namespaces/${namespace}/pods/${pod.name}/log?${query.toString()}`;
    try {
      for await (const stamped of cluster.lines(path, signal)) {
        attempt = 0;
        const blank = stamped.indexOf(' ');
        const time = stamped.slice(0, blank);
        if (time < last) continue;
        if (time === last) {
          if (skip > 0) {
            skip--;
            continue;
          }
          atLast++;
        } else {
          last = time;
          atLast = 1;
          skip = 0;
        }
        yield stamped.slice(blank + 1);
      }
      return;
    } catch (error) {
      const passing = error instanceof LoadError && error.code === 'cluster.unreachable';
      if (!passing || signal.aborted || !(await pause(attempt++))) throw error;
    }
  }
}
