/**
 * Plays the k6-operator and the kubelet of one node: for a TestRun it makes runner pods, runs the bundle of its ConfigMap
 * with our own engine as the TestRun says (arguments, variables, execution segments), serves what that prints as the pods'
 * logs, and reports states and exit codes.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openCluster } from '../../../src/cluster/client.ts';
import { apiOf, type Api, type ApiObject } from '../../../src/cluster/objects.ts';
import { gravlK6 } from '../../e2e/harness.ts';

interface Runner {
  readonly pod: ApiObject;
  readonly log: string;
  readonly child: ChildProcess;
  ended: boolean;
}

interface PodSpec {
  readonly metadata?: { readonly labels?: Record<string, string> };
  readonly image?: string;
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly securityContext?: object;
  readonly containerSecurityContext?: object;
  readonly serviceAccountName?: string;
}

interface TestRun extends ApiObject {
  readonly spec: {
    readonly parallelism: number;
    readonly arguments: string;
    readonly script: { readonly configMap: { readonly name: string; readonly file: string } };
    readonly runner: PodSpec;
  };
}

export interface FakeOperator {
  /** TestRuns that it acted on. */
  readonly seen: ReadonlySet<string>;
  /** Ends its runner of that index at once, as a node that dies does. */
  kill(index: number): void;
  close(): Promise<void>;
}

const node = 'loopback';

/** @param misbehave `never-starts` leaves the pods waiting for their image; `gives-up` sets the stage to error */
export async function startFakeOperator(
  kubeconfig: string,
  certs: string,
  misbehave?: 'never-starts' | 'gives-up',
): Promise<FakeOperator> {
  const api = apiOf(openCluster('admin', kubeconfig));
  const dir = mkdtempSync(path.join(os.tmpdir(), 'gravl-operator-'));
  const runners = new Map<string, Runner>();
  const seen = new Set<string>();
  const kubelet = createServer(
    { cert: readFileSync(path.join(certs, 'apiserver.crt')), key: readFileSync(path.join(certs, 'apiserver.key')) },
    (request, response) => {
      const url = new URL(request.url ?? '', 'https://node');
      const runner = runners.get(url.pathname.split('/')[3] ?? '');
      if (!url.pathname.startsWith('/containerLogs/') || runner === undefined) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'content-type': 'text/plain' });
      void follow(runner, (text) => response.write(text)).then(() => response.end());
    },
  );
  await new Promise<void>((resolve) => kubelet.listen(0, '127.0.0.1', resolve));
  await registerNode(api, (kubelet.address() as AddressInfo).port);

  const state = { closed: false };
  const loop = (async () => {
    while (!state.closed) {
      await reconcile(api, dir, runners, seen, misbehave).catch((error: unknown) => {
        // What was listed may be gone by now.
        if (!state.closed && process.env['DEBUG_OPERATOR'] !== undefined) console.error(error);
      });
      await delay(200);
    }
  })();
  return {
    seen,
    kill: (index) => void [...runners.values()][index]?.child.kill('SIGKILL'),
    async close() {
      state.closed = true;
      await loop;
      for (const { child, pod } of runners.values()) {
        child.kill('SIGKILL');
        await forget(api, pod);
      }
      kubelet.closeAllConnections();
      await new Promise((resolve) => kubelet.close(resolve));
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function reconcile(
  api: Api,
  dir: string,
  runners: Map<string, Runner>,
  seen: Set<string>,
  misbehave?: 'never-starts' | 'gives-up',
): Promise<void> {
  const { body } = await api.cluster.get('/apis/k6.io/v1alpha1/namespaces/gravl-load/testruns');
  const { items } = body as { items: TestRun[] };
  const names = new Set(items.map(({ metadata }) => metadata.name));
  for (const item of items) {
    const run = { ...item, apiVersion: 'k6.io/v1alpha1', kind: 'TestRun' };
    // The manifests have one, too: it is nobody's run.
    if (seen.has(run.metadata.name) || !run.metadata.name.startsWith('load-')) continue;
    seen.add(run.metadata.name);
    if (misbehave === 'gives-up') await stage(api, run, 'error');
    else await startRunners(api, run, dir, runners, misbehave === 'never-starts');
  }
  // Garbage collection: pods of a TestRun that is gone are ended.
  for (const [name, runner] of runners) {
    if (!names.has(name.replace(/-\d+$/, '')) && !runner.ended) runner.child.kill('SIGTERM');
  }
}

async function startRunners(
  api: Api,
  run: TestRun,
  dir: string,
  runners: Map<string, Runner>,
  neverStarts: boolean,
): Promise<void> {
  const { parallelism, script, runner } = run.spec;
  const configMap = await api.read({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: script.configMap.name, namespace: 'gravl-load' },
  });
  const file = path.join(dir, script.configMap.file);
  writeFileSync(file, (configMap as unknown as { data: Record<string, string> }).data[script.configMap.file] ?? '');
  const cuts = Array.from({ length: parallelism + 1 }, (_, index) => `${index}/${parallelism}`);
  for (let index = 0; index < parallelism; index++) {
    const name = `${run.metadata.name}-${index + 1}`;
    const pod = await makePod(api, name, runner);
    if (neverStarts) {
      const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image' };
      await podStatus(api, pod, 'Pending', { waiting });
      runners.set(name, { pod, log: '', child: spawn('true'), ended: true });
      continue;
    }
    const log = path.join(dir, `${name}.log`);
    const args = [
      'run',
      '--quiet',
      ...run.spec.arguments.split(' '),
      `--execution-segment=${cuts[index]}:${cuts[index + 1]}`,
      `--execution-segment-sequence=${['0', ...cuts.slice(1, -1), '1'].join(',')}`,
      file,
    ];
    // A container's standard output is a pipe; so is this one.
    const child = spawn(
      'sh',
      [
        '-c',
        '"$@" 2>&1 | cat >> "$LOG"; exit "$(cat "$LOG.code")"',
        'sh',
        'sh',
        '-c',
        '"$@"; echo $? > "$LOG.code"',
        'sh',
        process.execPath,
        gravlK6,
        ...args,
      ],
      {
        env: {
          PATH: process.env['PATH'],
          LOG: log,
          ...Object.fromEntries((runner.env ?? []).map(({ name: key, value }) => [key, value])),
        },
        stdio: 'inherit',
        detached: true,
      },
    );
    writeFileSync(log, '');
    const state: Runner = { pod, log, child: grouped(child), ended: false };
    runners.set(name, state);
    child.once('close', (code) => {
      state.ended = true;
      const terminated = {
        exitCode: code ?? 137,
        startedAt: new Date().toISOString(),
        finishedAt: new Date().toISOString(),
      };
      podStatus(api, pod, code === 0 ? 'Succeeded' : 'Failed', { terminated }).catch(() => undefined);
    });
    await podStatus(api, pod, 'Running', { running: { startedAt: new Date().toISOString() } });
  }
  await stage(api, run, 'started');
}

/** Signals go to everything in the container. */
function grouped(child: ChildProcess): ChildProcess {
  child.kill = (signal) => {
    try {
      return child.pid !== undefined && child.exitCode === null && process.kill(-child.pid, signal ?? 'SIGTERM');
    } catch {
      return false;
    }
  };
  return child;
}

async function makePod(api: Api, name: string, runner: PodSpec): Promise<ApiObject> {
  return api.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'gravl-load', labels: runner.metadata?.labels },
    spec: {
      nodeName: node,
      restartPolicy: 'Never',
      serviceAccountName: runner.serviceAccountName,
      automountServiceAccountToken: false,
      securityContext: runner.securityContext,
      containers: [
        { name: 'k6', image: runner.image, env: runner.env, securityContext: runner.containerSecurityContext },
      ],
    },
  });
}

async function podStatus(api: Api, pod: ApiObject, phase: string, state: object): Promise<void> {
  const status = {
    phase,
    containerStatuses: [{ name: 'k6', image: 'k6', imageID: '', ready: phase === 'Running', restartCount: 0, state }],
  };
  await api.cluster.send('PATCH', `${await api.path(pod)}/status`, { status }, 'application/merge-patch+json');
}

async function stage(api: Api, run: ApiObject, name: string): Promise<void> {
  await api.cluster.send(
    'PATCH',
    `${await api.path(run)}/status`,
    { status: { stage: name } },
    'application/merge-patch+json',
  );
}

async function forget(api: Api, pod: ApiObject): Promise<void> {
  await api.cluster.send('DELETE', `${await api.path(pod)}?gracePeriodSeconds=0`);
}

async function registerNode(api: Api, port: number): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'Node', metadata: { name: node } };
  await api.apply(object);
  const status = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
  };
  await api.cluster.send('PATCH', `${await api.path(object)}/status`, { status }, 'application/merge-patch+json');
}

/** Sends the log with a time before every line, until the runner has ended. */
async function follow(runner: Runner, send: (text: string) => void): Promise<void> {
  const handle = openSync(runner.log, 'r');
  const buffer = Buffer.alloc(1 << 20);
  let rest = '';
  let position = 0;
  try {
    for (;;) {
      const last = runner.ended;
      const size = statSync(runner.log).size;
      while (position < size) {
        const read = readSync(handle, buffer, 0, buffer.length, position);
        position += read;
        const lines = (rest + buffer.toString('latin1', 0, read)).split('\n');
        rest = lines.pop() ?? '';
        const time = new Date().toISOString().replace('Z', '000000Z');
        send(Buffer.from(lines.map((line) => `${time} ${line}\n`).join(''), 'latin1').toString('utf8'));
      }
      if (last) return;
      await delay(50);
    }
  } finally {
    closeSync(handle);
  }
}
