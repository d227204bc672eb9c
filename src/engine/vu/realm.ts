/** A script's realm: a `vm` context with the guest part of the engine in it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedDataVersionTag } from 'node:v8';
import vm from 'node:vm';
import type * as guestModule from '../guest/main.ts';
import type { ScriptProgram } from '../contracts/script.ts';
import { debuggable, debugging } from './debug-code.ts';
import { PROGRAM_FILE } from '../script/source-map.ts';

export type Guest = typeof guestModule;

type ProgramText = Pick<ScriptProgram, 'code'> & Partial<Pick<ScriptProgram, 'map'>>;

export interface Realm {
  readonly guest: Guest;
  /** The program's function, compiled in the realm. Throws a SyntaxError of the realm for code it cannot parse. */
  compile(program: ProgramText): guestModule.Program;
}

/** Where `npm run build` and the install step put what runs outside of the main bundle. */
export function distFile(name: string): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (path.basename(folder) !== 'dist' && path.basename(folder) !== 'src') folder = path.dirname(folder);
  return path.join(path.dirname(folder), 'dist', name);
}

let guestScript: vm.Script | undefined;

export function guestCode(): vm.Script {
  guestScript ??= new vm.Script(readFileSync(distFile('guest.js'), 'utf8'), {
    filename: 'gravl-k6:guest',
    cachedData: compiledGuest(),
  });
  return guestScript;
}

/** What V8 made of the same text when it was built, under the flags of now; V8 itself ignores what does not fit. */
function compiledGuest(): Buffer | undefined {
  for (const name of [`guest.${cachedDataVersionTag()}.cache`, 'guest.cache']) {
    try {
      return readFileSync(distFile(name));
    } catch {
      // Built by another version of Node, or not at all.
    }
  }
  return undefined;
}

const programs = new WeakMap<ProgramText, vm.Script>();

export function createRealm(): Realm {
  // Without a sandbox object the realm's globals are plain properties: no interceptor slows them down or is a way out.
  const context = vm.createContext(vm.constants.DONT_CONTEXTIFY);
  const guest = guestCode().runInContext(context) as Guest;
  guest.prepareRealm();
  let made: { readonly program: ProgramText; readonly run: guestModule.Program } | undefined;
  return {
    guest,
    compile(program) {
      if (made?.program === program) return made.run;
      let script = debugging() ? new vm.Script(debuggable(program), { filename: PROGRAM_FILE }) : programs.get(program);
      if (script === undefined) {
        script = new vm.Script(program.code, { filename: PROGRAM_FILE });
        programs.set(program, script);
      }
      const run = script.runInContext(context) as guestModule.Program;
      // Functions made by one closure share what V8 learns and compiles; a closure per VU would pay for that per VU.
      if (!debugging()) made = { program, run };
      return run;
    },
  };
}
