/** Loading scripts: the folder's table of contents. */
export { loadScript, type LoadOptions, startsTar } from './load.ts';
export type { EntryRequest } from './entry.ts';
export type { ArchiveContents } from './archive.ts';
export { defaultCacheDir } from './cache.ts';
export { resolveOpenPath } from './open-files.ts';
