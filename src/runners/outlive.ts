/** What we start must not outlive us: a process that is killed outright cannot end its children itself. */
import { spawn } from 'node:child_process';

/** Ends the process group when standard input closes without a word: interrupts it, and kills what is left of it. */
const guard = `
read -r ended && exit 0
kill -INT "$1" 2>/dev/null || exit 0
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
  sleep 0.25
  kill -0 "$1" 2>/dev/null || exit 0
done
kill -KILL "-$1" 2>/dev/null
`;

/**
 * A small shell watches over the process: its standard input is a pipe from us, and closes when we are gone.
 * @param pid leader of a process group of its own
 * @returns call it when the process has ended
 */
export function endWithUs(pid: number | undefined): () => void {
  if (pid === undefined) return () => undefined;
  const shell = spawn('sh', ['-c', guard, 'sh', String(pid)], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  // Where there is no shell there is no guard; the load itself does not need it.
  shell.on('error', () => undefined);
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return () => void shell.stdin.end('ended\n');
}
