/** What a family of operations keeps for a VU. */
import type { VuIo } from '../contracts/host.ts';

/** The family's state of that VU, made when it is first asked for. */
export function vuState<T extends object>(io: VuIo, family: string, make: () => T): T {
  return (io.state[family] ??= make()) as T;
}
