// What the load goes to: nginx with a static 2.8 KB JSON answer, or a plain Node server where there is no nginx.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { pinned, serve } from './process.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));

/** About 2.8 KB: a page of exercises as the backend serves it. */
export const body = JSON.stringify({
  total: 200,
  results: Array.from({ length: 20 }, (_, i) => ({
    id: i + 1,
    name: `Exercise number ${i + 1}`,
    muscle: ['chest', 'back', 'legs', 'core'][i % 4],
    equipment: ['barbell', 'dumbbell', 'none'][i % 3],
    difficulty: i % 5,
    instructions: 'Keep the back straight, breathe out.',
  })),
});

async function freePort() {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

const nginxBinary = ['/usr/sbin/nginx', '/usr/local/sbin/nginx'].find((file) => existsSync(file));

/** @returns {Promise<{name: string, url: string, stop: () => Promise<void>}>} */
export async function jsonServer(cpus) {
  return nginxBinary ? nginx(cpus) : nodeServer('json-server.mjs', cpus);
}

/** Answers after 5 ms and says in `X-Server-Ms` how long it really took. */
export const slowServer = (cpus) => nodeServer('slow-server.mjs', cpus);

/** Tells how evenly numbered requests arrived. */
export const arrivalServer = (cpus) => nodeServer('arrival-server.mjs', cpus);

async function nodeServer(file, cpus) {
  const { match, stop } = await serve([process.execPath, path.join(here, file)], { cpus, ready: /listening (\d+)/ });
  return { name: `node ${file}`, url: `http://127.0.0.1:${match[1]}`, stop: async () => void stop() };
}

async function nginx(cpus) {
  const dir = mkdtempSync(path.join(tmpdir(), 'gravl-bench-'));
  const port = await freePort();
  const conf = `daemon off; master_process off; worker_processes 1; pid ${dir}/pid; error_log stderr crit;
events { worker_connections 30000; }
http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; default_type application/json;
  client_body_temp_path ${dir}/b; proxy_temp_path ${dir}/p; fastcgi_temp_path ${dir}/f; uwsgi_temp_path ${dir}/u; scgi_temp_path ${dir}/s;
  server { listen 127.0.0.1:${port} backlog=16384; location / { return 200 '${body}'; } } }
worker_rlimit_nofile 40000;`;
  writeFileSync(path.join(dir, 'nginx.conf'), conf);
  const [file, ...args] = pinned([nginxBinary, '-p', dir, '-c', path.join(dir, 'nginx.conf')], cpus);
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; ; i++) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      break;
    if (i > 100) throw new Error('nginx did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const stop = async () => {
    child.kill('SIGTERM');
    await new Promise((resolve) => child.once('exit', resolve));
    rmSync(dir, { recursive: true, force: true });
  };
  return { name: 'nginx', url, stop };
}
