/** Loading scripts: the folder's table of contents. */
export { loadScript, type LoadOptions } from './load.ts';
export type { EntryRequest } from './entry.ts';
export { createStackMapper, PROGRAM_FILE, type ScriptPosition, type StackMapper } from './source-map.ts';
export { k6Message } from './error-messages.ts';
export { readFileFor, resolveOpenPath, type OpenPolicy } from './open-files.ts';
export type { ArchiveContents } from './archive.ts';
export { defaultCacheDir } from './cache.ts';
