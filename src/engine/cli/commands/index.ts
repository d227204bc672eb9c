/** The commands, by name; each in a file that is loaded only when it is called. */
import type { CommandEntry } from './types.ts';

export const commands: Readonly<Record<string, CommandEntry>> = {
  run: { summary: 'Run a test', load: async () => (await import('./run.ts')).run },
  inspect: { summary: 'Inspect a script or archive', load: async () => (await import('./inspect.ts')).inspect },
  archive: { summary: 'Create an archive', load: async () => (await import('./archive.ts')).archive },
  deps: { summary: 'List what a script imports', load: async () => (await import('./deps.ts')).deps },
  new: { summary: 'Create a test script', load: async () => (await import('./new.ts')).newScript },
  completion: {
    summary: 'Generate a completion script for bash, zsh, fish or powershell',
    load: async () => (await import('./completion.ts')).completion,
  },
  features: {
    summary: 'List the feature flags there are',
    load: async () => (await import('./features.ts')).featuresCommand,
  },
  stats: { summary: 'Show the metrics of a running test', load: async () => (await import('./stats.ts')).stats },
  version: { summary: 'Show the version', load: async () => (await import('./version.ts')).version },
};
