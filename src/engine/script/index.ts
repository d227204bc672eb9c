/** Loading scripts: the folder's table of contents. */
export { loadScript, type LoadOptions } from './load.ts';
export type { EntryRequest } from './entry.ts';
