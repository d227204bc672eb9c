/** What a command reads from people and pipes. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { LoadError } from '../errors.ts';

/** The whole standard input. */
export async function readStdin(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/**
 * Asks on the terminal, without echo.
 * @param instead what to give where there is no terminal, for the message
 * @throws LoadError usage.invalid
 */
export async function askHidden(question: string, instead: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new LoadError('usage.invalid', `"${question.trim()}" cannot be asked: this is no terminal; give ${instead}`);
  }
  const muted = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: muted, terminal: true });
  process.stderr.write(question);
  const closed = new Promise<never>((_, reject) => {
    terminal.once('SIGINT', () => {
      terminal.close();
      // Raw mode is over; the signal ends the process as it would have without it.
      process.kill(process.pid, 'SIGINT');
    });
    terminal.once('close', () => reject(new LoadError('usage.invalid', `"${question.trim()}" was not answered`)));
  });
  try {
    return await Promise.race([terminal.question(''), closed]);
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
