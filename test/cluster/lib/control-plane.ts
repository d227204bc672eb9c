/** etcd and a real kube-apiserver on loopback, with RBAC on and no controllers: tests play those. */
import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { openCluster } from '../../../src/cluster/client.ts';

export interface ControlPlane {
  /** With the contexts `admin` and `nobody`, and a `down` whose server does not exist. */
  readonly kubeconfig: string;
  readonly dir: string;
  readonly port: number;
  /** Ends the API server without a word, as a crash does. */
  kill(): Promise<void>;
  /** Starts it again, on the same port. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const startMs = 300_000;

export async function startControlPlane(apiServer: string): Promise<ControlPlane> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'gravl-cluster-'));
  const [clientPort, peerPort, port] = [await freePort(), await freePort(), await freePort()];
  const file = (name: string): string => path.join(dir, name);
  const keys = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  writeFileSync(file('sa.pub'), keys.publicKey);
  writeFileSync(file('sa.key'), keys.privateKey, { mode: 0o600 });
  const tokens = { admin: randomBytes(16).toString('hex'), nobody: randomBytes(16).toString('hex') };
  writeFileSync(file('tokens.csv'), `${tokens.admin},admin,1,system:masters\n${tokens.nobody},nobody,2,\n`, {
    mode: 0o600,
  });
  mkdirSync(file('certs'));

  const etcd = start(
    'etcd',
    [
      `--data-dir=${file('etcd')}`,
      `--listen-client-urls=http://127.0.0.1:${clientPort}`,
      `--advertise-client-urls=http://127.0.0.1:${clientPort}`,
      `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
      `--initial-cluster=default=http://127.0.0.1:${peerPort}`,
      // A test needs no disk that survives a power cut.
      '--unsafe-no-fsync',
    ],
    file('etcd.log'),
  );
  const startApi = (): ChildProcess =>
    start(
      apiServer,
      [
        `--etcd-servers=http://127.0.0.1:${clientPort}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        `--secure-port=${port}`,
        `--cert-dir=${file('certs')}`,
        '--authorization-mode=RBAC',
        `--token-auth-file=${file('tokens.csv')}`,
        `--service-account-key-file=${file('sa.pub')}`,
        `--service-account-signing-key-file=${file('sa.key')}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        '--service-cluster-ip-range=10.96.0.0/16',
        '--endpoint-reconciler-type=none',
        '--kubelet-preferred-address-types=InternalIP',
        '--shutdown-delay-duration=0s',
        '--v=1',
      ],
      file('apiserver.log'),
    );
  let api = startApi();
  const kubeconfig = file('kubeconfig');
  const stop = async (): Promise<void> => {
    await Promise.all([end(api, 'SIGKILL'), end(etcd, 'SIGKILL')]);
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await until(
      'the API server writes its certificate',
      () => {
        readFileSync(file('certs/apiserver.crt'));
        return true;
      },
      [api, etcd],
      dir,
    );
    writeFileSync(kubeconfig, kubeconfigOf(port, file('certs/apiserver.crt'), tokens), { mode: 0o600 });
    const ready = (): Promise<void> => untilReady(kubeconfig, [api, etcd], dir);
    await ready();
    return {
      kubeconfig,
      dir,
      port,
      kill: () => end(api, 'SIGKILL'),
      restart: async () => {
        api = startApi();
        await ready();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const untilReady = (kubeconfig: string, children: readonly ChildProcess[], dir: string): Promise<void> =>
  until(
    'the API server is ready',
    async () => (await openCluster('admin', kubeconfig).send('GET', '/readyz')).status === 200,
    children,
    dir,
  );

function kubeconfigOf(port: number, ca: string, tokens: Readonly<Record<string, string>>): string {
  const clusters = { real: port, down: 1 };
  const contexts = { admin: ['real', 'admin'], nobody: ['real', 'nobody'], down: ['down', 'admin'] };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: Object.entries(clusters).map(([name, at]) => ({
      name,
      cluster: { server: `https://127.0.0.1:${at}`, 'certificate-authority': ca },
    })),
    users: Object.entries(tokens).map(([name, token]) => ({ name, user: { token } })),
    contexts: Object.entries(contexts).map(([name, [cluster, user]]) => ({ name, context: { cluster, user } })),
    'current-context': 'admin',
  });
}

function start(command: string, args: readonly string[], log: string): ChildProcess {
  const out = openSync(log, 'a');
  return spawn(command, args, { stdio: ['ignore', out, out] });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill(signal);
  await closed;
}

/** Tries until it is true; what it throws means not yet. */
async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  children: readonly ChildProcess[],
  dir: string,
): Promise<void> {
  const deadline = Date.now() + startMs;
  for (;;) {
    const dead = children.find(({ exitCode }) => exitCode !== null);
    if (dead !== undefined || Date.now() > deadline) {
      const log = readFileSync(path.join(dir, 'apiserver.log'), 'utf8').slice(-3000);
      throw new Error(`${dead === undefined ? 'waited too long until' : 'a process ended before'} ${what}\n${log}`);
    }
    try {
      if (await holds()) return;
    } catch {
      // Not yet.
    }
    await delay(200);
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
