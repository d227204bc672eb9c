/** k6/timers: the global timer functions under module names. */
import type { ModuleFactory } from '../runtime/api.ts';

export const timersModule: ModuleFactory = ({ timers }) => ({ ...timers, default: { ...timers } });
