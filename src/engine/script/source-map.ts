/** From V8 stacks of the evaluated program to the user's files, in the form k6 prints. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type * as TraceMapping from '@jridgewell/trace-mapping';
import { k6Message, type PropertyUse } from '../contracts/error-messages.ts';
import type { ScriptProgram } from '../contracts/script.ts';

/**
 * The file name a program must be evaluated under (`new vm.Script(code, { filename })`), with line and column offset 0.
 * Frames of any other file belong to the engine and are never shown.
 */
export const PROGRAM_FILE = 'gravl-k6:program';

export interface ScriptPosition {
  /** `file:///…/script.ts`, or the address of a remote module. */
  readonly url: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
}

export interface StackMapper {
  /** Where line and column (1-based) of the program come from. */
  position(line: number, column: number): ScriptPosition | undefined;
  /** The frames of a V8 `stack`: a tab, `at`, function and place, and a newline for each; empty when none is the script's. */
  frames(stack: string): string;
  /** An uncaught error as k6 logs it: name and message in k6's words, then the frames. */
  describe(error: { readonly name: string; readonly message: string; readonly stack: string }): string;
  /** How the source uses the property that could not be read, where the stack begins. */
  useOf(property: string, stack: string): PropertyUse;
  /** A V8 `stack` as the script should see it: its first line in k6's words, then the frames. */
  stack(stack: string): string;
}

/** The library is loaded, and the map parsed, on first use: a run without errors does not pay for them. */
function openMap(map: string): (line: number, column: number) => ScriptPosition | undefined {
  const require = createRequire(import.meta.url);
  const library = require('@jridgewell/trace-mapping') as typeof TraceMapping;
  const trace = new library.TraceMap(map);
  return (line, column) => {
    const { source, ...at } = library.originalPositionFor(trace, { line, column: column - 1 });
    return source === null ? undefined : { url: source, line: at.line ?? 1, column: (at.column ?? 0) + 1 };
  };
}

export function createStackMapper(program: Pick<ScriptProgram, 'map' | 'url'>): StackMapper {
  let find: ReturnType<typeof openMap> | undefined;
  const sources = new Sources();

  const position = (line: number, column: number): ScriptPosition | undefined => {
    find ??= openMap(program.map);
    return find(line, column);
  };

  const frames = (stack: string): string => {
    let out = '';
    // Native frames (forEach, JSON.parse) are the script's business only above a frame of the script.
    let natives = '';
    let kind: PositionKind = READS_PROPERTY.test(stack) ? 'property' : 'expression';
    for (const frame of parseStack(stack)) {
      if (frame.kind === 'native') natives += `\tat ${frame.name} (native)\n`;
      // The engine drives generators: a native frame above its own is its business.
      if (frame.kind === 'engine') natives = '';
      if (frame.kind === 'program') {
        const at = position(frame.line, frame.column);
        if (!at) continue;
        const place = `${at.url}:${at.line}:${sources.columnOf(at, kind)}`;
        const name = frame.constructs && sources.hasClass(at.url, frame.name) ? '' : frame.name;
        if (natives === NEXT && !sources.isCallAt(at, 'next')) natives = '';
        out += natives + (name === '' ? `\tat ${place}\n` : `\tat ${name} (${place})\n`);
        natives = '';
      }
      // Whatever comes further down called this one.
      kind = 'call';
    }
    return out;
  };

  const useOf = (property: string, stack: string): PropertyUse => {
    const [top] = parseStack(stack);
    const at = top?.kind === 'program' ? position(top.line, top.column) : undefined;
    if (at === undefined) return 'read';
    if (sources.isPatternAt(at, property)) return 'pattern';
    return sources.isCallAt(at, property) ? 'call' : 'read';
  };
  const message = (name: string, text: string, stack: string): string =>
    k6Message(name, text, (property) => useOf(property, stack));

  return {
    position,
    frames,
    useOf,
    describe: ({ name, message: text, stack }) => {
      const worded = message(name, text, stack);
      const title = worded === '' ? name : `${name}: ${worded}`;
      return `${title}\n${frames(stack)}`;
    },
    stack: (stack) => {
      const end = stack.indexOf('\n    at ');
      const head = end < 0 ? stack : stack.slice(0, end);
      const [, name, text] = /^(\w+): (.*)$/s.exec(head) ?? [];
      const title = name === undefined || text === undefined ? head : `${name}: ${message(name, text, stack)}`;
      return `${title}\n${frames(stack)}`;
    },
  };
}

type Frame =
  | {
      readonly kind: 'program';
      readonly name: string;
      /** Called with `new`. */
      readonly constructs: boolean;
      readonly line: number;
      readonly column: number;
    }
  | { readonly kind: 'native'; readonly name: string }
  | { readonly kind: 'engine' };

/** What the code at a position does: V8 and k6's engine point at different ends of calls and property accesses. */
type PositionKind = 'call' | 'property' | 'expression';

/** How V8 shows that a loop or a pattern drives a generator. */
const NEXT = '\tat next (native)\n';

/** The body of a constructor in the fast form (see `emit-class.ts`). */
const CONSTRUCTOR_BODY = /#\$\$[\d$]*_new$/;

const READS_PROPERTY = /^TypeError: Cannot (?:read|set) propert/;

function parseStack(stack: string): Frame[] {
  const frames: Frame[] = [];
  for (const line of stack.split('\n')) {
    const call = /^ {4}at (?:async )?(?:(.*?) \()?(.*?)\)?$/.exec(line);
    if (!call) continue;
    const [, callee = '', place = ''] = call;
    if (place === '<anonymous>') {
      frames.push({ kind: 'native', name: functionName(callee) });
      continue;
    }
    if (!place.startsWith(`${PROGRAM_FILE}:`)) {
      frames.push({ kind: 'engine' });
      continue;
    }
    const [row, column] = place
      .slice(PROGRAM_FILE.length + 1)
      .split(':')
      .map(Number);
    if (row !== undefined && column !== undefined) {
      const constructs = callee.startsWith('new ') || CONSTRUCTOR_BODY.test(callee);
      frames.push({ kind: 'program', name: functionName(callee), constructs, line: row, column });
    }
  }
  return frames;
}

/** `Object.fn [as alias]` → `fn`; esbuild calls an unnamed default export `script_default`, k6 calls it `default`. */
function functionName(callee: string): string {
  if (CONSTRUCTOR_BODY.test(callee)) return '';
  const plain = callee.replace(/ \[as .*\]$/, '').replace(/^new /, '');
  const last = plain.slice(plain.lastIndexOf('.') + 1).replace(/^[gs]et /, '');
  if (last === '<anonymous>' || last === '') return '';
  // The fast form's twin of an async function is called `name$$`.
  return last.replace(/\$\$\d*$/, '').replace(/^\w*_default\d*$/, 'default');
}

/** The user's files, to find the column k6 shows: a call's parenthesis, the start of a member expression. */
class Sources {
  readonly #lines = new Map<string, readonly string[]>();

  columnOf({ url, line, column }: ScriptPosition, kind: PositionKind): number {
    const text = kind === 'expression' ? undefined : this.#read(url)[line - 1];
    if (text === undefined) return column;
    if (kind === 'call') {
      const callee = /^[\p{ID_Continue}$]+(?=\()/u.exec(text.slice(column - 1));
      return callee ? column + callee[0].length : column;
    }
    const chain = /(?:[\p{ID_Continue}$]+(?:\([^()]*\)|\[[^[\]]*\])*\.)+$/u.exec(text.slice(0, column - 1));
    return chain ? chain.index + 1 : column;
  }

  /** Whether the property that is read at the position is called. */
  isCallAt({ url, line, column }: ScriptPosition, property: string): boolean {
    const source = this.#read(url)[line - 1] ?? '';
    const text = source.slice(column - 1);
    const at = text.indexOf(property);
    if (at < 0 || !/^['"`]?\]?\s*(?:\?\.)?\(/.test(text.slice(at + property.length))) return false;
    return !/\bnew\s+[\p{ID_Continue}$.]*$/u.test(source.slice(0, column - 1));
  }

  /** Whether the position is that of a key in a pattern, or of what follows it: V8 points at the innermost name. */
  isPatternAt({ url, line, column }: ScriptPosition, property: string): boolean {
    const lines = this.#read(url);
    const text = lines[line - 1] ?? '';
    const before = [...lines.slice(Math.max(0, line - 4), line - 1), text.slice(0, column - 1)].join('\n');
    const opened = /[{,]\s*(?:([\p{ID_Continue}$]+)\s*:\s*)?$/u.exec(before);
    if (!opened) return false;
    const [, key] = opened;
    const after = text.slice(column - 1);
    if (key !== undefined) return key === property && /^(?:[[{]|[\p{ID_Continue}$]+\s*(?:$|[,}=]))/u.test(after);
    return after.startsWith(property) && /^\s*(?:$|[,}:=])/.test(after.slice(property.length));
  }

  /** k6 shows no name for the constructor of a class. */
  hasClass(url: string, name: string): boolean {
    return this.#read(url).some((line) =>
      new RegExp(`\\bclass\\s+${name.replaceAll('$', '\\$')}(?![\\w$])`).test(line),
    );
  }

  #read(url: string): readonly string[] {
    let lines = this.#lines.get(url);
    if (!lines) {
      try {
        lines = readFileSync(fileURLToPath(url), 'utf8').split(/\r?\n/);
      } catch {
        // A script from stdin or from the network: V8's column is near enough.
        lines = [];
      }
      this.#lines.set(url, lines);
    }
    return lines;
  }
}
