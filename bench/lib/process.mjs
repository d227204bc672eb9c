// Runs a command pinned to processors and accounts for what the whole process used, by /proc (Linux).
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const TICKS = 100; // USER_HZ: fixed in the kernel's interface

/** `cpus` like "0" or "0,1"; undefined leaves the process free. */
export function pinned(command, cpus) {
  return cpus !== undefined && existsSync('/usr/bin/taskset') ? ['taskset', '-c', cpus, ...command] : command;
}

/**
 * @returns {Promise<{code: number|null, stdout: string, stderr: string, cpuSeconds: number, peakMb: number, wallSeconds: number,
 *   memory: {t: number, mb: number}[]}>} CPU of all threads, user and system; memory resident, sampled
 */
export function run(command, { cpus, env = {}, sampleMs = 100, timeoutSeconds = 300, cwd } = {}) {
  const [file, ...args] = pinned(command, cpus);
  const started = process.hrtime.bigint();
  const child = spawn(file, args, { env: { ...process.env, ...env }, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (out.stdout += chunk));
  child.stderr.on('data', (chunk) => (out.stderr += chunk));
  const usage = { cpuSeconds: 0, peakMb: 0 };
  const memory = [];
  const seconds = () => Number(process.hrtime.bigint() - started) / 1e9;
  const sample = () => {
    try {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      usage.cpuSeconds = Math.max(usage.cpuSeconds, (Number(fields[11]) + Number(fields[12])) / TICKS);
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      usage.peakMb = Math.max(usage.peakMb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
      memory.push({ t: seconds(), mb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024 });
    } catch {
      // It has just ended.
    }
  };
  const sampler = setInterval(sample, sampleMs);
  const limit = setTimeout(() => child.kill('SIGKILL'), timeoutSeconds * 1000);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(sampler);
      clearTimeout(limit);
      resolve({ code, ...out, ...usage, wallSeconds: seconds(), memory });
    });
  });
}

/** A server in a process of its own that prints one line when it listens. */
export function serve(command, { cpus, ready }) {
  const [file, ...args] = pinned(command, cpus);
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let text = '';
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`server ended with ${code} before it listened: ${file}`)));
    child.stdout.on('data', (chunk) => {
      text += chunk;
      const match = ready.exec(text);
      if (match) resolve({ match, stop: () => child.kill('SIGTERM'), pid: child.pid });
    });
  });
}
