/**
 * The part of the engine that lives in the script's realm. Built to `dist/guest.js`, which assigns `gravlGuest`; the host
 * takes these functions and removes the name before any code of the user runs.
 */
import type { VuHost } from '../contracts/host.ts';
import type { ProgramEnv } from '../contracts/script.ts';
import { moduleFactories } from './modules/index.ts';
import { createWebCrypto } from './modules/webcrypto.ts';
import { installGlobals } from './runtime/globals.ts';
import { type GuestConfig, GuestVu } from './runtime/guest-vu.ts';
import { installJsonParse } from './runtime/json-error.ts';
import { installLocaleText } from './runtime/locale-text.ts';
import { GoError } from './runtime/errors.ts';
import { enterVu } from './runtime/running-vu.ts';
import { guardRealm } from './runtime/realm-guard.ts';

import type { CreateFibers } from './runtime/suspend.ts';

export { createFibers } from './runtime/fast/index.ts';
import { TextDecoder, TextEncoder } from './runtime/text-coding.ts';

export type { GuestCall, GuestConfig, GuestOutcome, GuestVu } from './runtime/guest-vu.ts';
export type { Failure } from './runtime/failure.ts';
export type { GuestScenario } from './runtime/context.ts';

let current: GuestVu | undefined;
let seedable = false;

const realm = {
  modules: moduleFactories,
  createCrypto: createWebCrypto,
  enter: (vu: GuestVu): void => {
    current = vu;
    enterVu(vu.ctx);
  },
  seedable: (): void => {
    const unseeded = Math.random;
    if (seedable) return;
    seedable = true;
    Math.random = () => (current?.random ?? unseeded)();
  },
};

/** To be called once, before the first VU. */
export function prepareRealm(): void {
  installLocaleText();
  guardRealm();
  installJsonParse();
  for (const [name, value] of Object.entries({ TextEncoder, TextDecoder, GoError })) {
    Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
  }
  installGlobals(() => {
    if (current === undefined) throw new Error('no VU is running');
    return current;
  });
}

/** @param createFibers for a program in the fast form; {@link createFibers} of the same realm */
export function createVu(host: VuHost, config: GuestConfig, createFibers: CreateFibers | undefined): GuestVu {
  return new GuestVu(host, config, realm, createFibers);
}

export type Program = (env: ProgramEnv) => unknown;
