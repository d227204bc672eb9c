/** Every command, in the order of the help. */
import { baselineCommands } from './baseline.ts';
import { buildCommand } from './build.ts';
import { compareCommand } from './compare.ts';
import type { CommandSpec } from './command.ts';
import { doctorCommand } from './doctor.ts';
import { reachCommand } from './reach.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { targetCommand } from './target.ts';

export const commands: readonly CommandSpec[] = [
  runCommand,
  compareCommand,
  ...baselineCommands,
  reportCommand,
  targetCommand,
  buildCommand,
  reachCommand,
  doctorCommand,
];
