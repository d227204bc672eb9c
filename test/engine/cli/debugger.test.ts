import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { allGeneratedPositionsFor, TraceMap } from '@jridgewell/trace-mapping';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';

const bin = path.resolve(import.meta.dirname, '../../../bin/gravl-k6.js');
const dir = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'gravl-debug-')));
const file = path.join(dir, 'script.ts');
const SOURCE = `import { sleep } from 'k6';

interface Thing { readonly name: string }

function greet(thing: Thing): string {
  const text = 'hello ' + thing.name;
  return text;
}

export default function (): void {
  sleep(0.01);
  console.log(greet({ name: 'world' }));
}
`;
const BREAK_LINE = SOURCE.split('\n').findIndex((line) => line.includes('return text')) + 1;

let child: ChildProcess | undefined;
afterEach(() => child?.kill('SIGKILL'));
afterAll(() => rmSync(dir, { recursive: true }));

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly result?: Record<string, unknown>;
  readonly params?: Record<string, unknown>;
}
interface CallFrame {
  readonly callFrameId: string;
  readonly location: { readonly scriptId: string; readonly lineNumber: number };
}

/** A debugger as an IDE is one: it speaks the inspector's protocol and applies the source map itself. */
class Client {
  readonly #socket: WebSocket;
  readonly #events: Message[] = [];
  #wake: () => void = () => undefined;
  #id = 0;

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.on('message', (data: Buffer) => {
      this.#events.push(JSON.parse(data.toString()) as Message);
      this.#wake();
    });
  }

  async open(): Promise<void> {
    await once(this.#socket, 'open');
  }

  async send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#id;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return (await this.next((message) => message.id === id)).result ?? {};
  }

  async next(wanted: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const at = this.#events.findIndex(wanted);
      if (at >= 0) return this.#events.splice(at, 1)[0] as Message;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.#socket.close();
  }
}

/** Starts the run and returns its address for debuggers, and what it writes. */
async function start(args: readonly string[]): Promise<{ url: string; log: () => string; ended: Promise<unknown> }> {
  writeFileSync(file, SOURCE);
  const run = spawn(process.execPath, [bin, 'run', '-q', ...args, file], { cwd: dir });
  child = run;
  let log = '';
  const url = await new Promise<string>((resolve) => {
    run.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      const found = /ws:\/\/[^\s;"]+/.exec(log);
      if (found) resolve(found[0]);
    });
  });
  return { url, log: () => log, ended: once(run, 'close') };
}

const isProgram = ({ method, params }: Message): boolean =>
  method === 'Debugger.scriptParsed' && params?.['url'] === 'gravl-k6:program';

describe('--inspect-brk', () => {
  test('stops at the start of the script, then at breakpoints in the TypeScript file', async () => {
    const { url, log, ended } = await start(['--inspect-brk=127.0.0.1:0']);
    const client = new Client(url);
    await client.open();
    await client.send('Debugger.enable');
    await client.send('Runtime.runIfWaitingForDebugger');
    const { params } = await client.next(isProgram);
    const encoded = String(params?.['sourceMapURL']).split(',')[1] ?? '';
    const map = new TraceMap(Buffer.from(encoded, 'base64').toString());
    const source = pathToFileURL(file).href;
    expect(map.sourcesContent?.[map.sources.indexOf(source)]).toBe(SOURCE);

    const first = await client.next(({ method }) => method === 'Debugger.paused');
    expect((first.params?.['callFrames'] as CallFrame[])[0]?.location).toMatchObject({
      scriptId: params?.['scriptId'],
      lineNumber: 1,
    });

    const places = allGeneratedPositionsFor(map, { source, line: BREAK_LINE, column: 2 });
    expect(places.length).toBeGreaterThan(0);
    for (const { line, column } of places) {
      const where = { url: 'gravl-k6:program', lineNumber: line - 1, columnNumber: column };
      await client.send('Debugger.setBreakpointByUrl', where);
    }
    await client.send('Debugger.resume');
    const paused = await client.next(({ method }) => method === 'Debugger.paused');
    const frame = (paused.params?.['callFrames'] as CallFrame[])[0] as CallFrame;
    const { result } = await client.send('Debugger.evaluateOnCallFrame', {
      callFrameId: frame.callFrameId,
      expression: 'text',
    });
    expect(result).toMatchObject({ value: 'hello world' });
    await client.send('Debugger.resume');
    client.close();
    expect(await ended).toEqual([0, null]);
    expect(log()).toContain('hello world');
  });
});
