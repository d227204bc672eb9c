/** Every command, in the order of the help. */
import { baselineCommands } from './baseline.ts';
import { buildCommand } from './build.ts';
import { capacityCommand } from './capacity.ts';
import { compareCommand } from './compare.ts';
import type { CommandSpec } from './command.ts';
import { doctorCommand } from './doctor.ts';
import { initCommand } from './init.ts';
import { goliveCommands } from './golive.ts';
import { readyCommand } from './ready.ts';
import { reachCommand } from './reach.ts';
import { reportCommand } from './report.ts';
import { runCommand } from './run.ts';
import { secretsCommands } from './secrets.ts';
import { targetCommand } from './target.ts';

export const commands: readonly CommandSpec[] = [
  runCommand,
  compareCommand,
  ...baselineCommands,
  capacityCommand,
  reportCommand,
  targetCommand,
  buildCommand,
  reachCommand,
  readyCommand,
  ...goliveCommands,
  initCommand,
  ...secretsCommands,
  doctorCommand,
];
