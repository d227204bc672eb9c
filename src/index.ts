/** The package `gravl-load` for gravl-load.config.ts: types, and a function that makes an editor check the file. */
import type { Config } from './config/config-type.ts';

export type { Config } from './config/config-type.ts';
export type { Environment } from './config/environments.ts';
export type { Load, Profile, Stage } from './suite/profiles.ts';

/** Returns the configuration as it is; with it an editor knows the keys. */
export const defineConfig = (config: Config): Config => config;
