/** Which flags a command takes, from the tables of options. */
import { runtimeTable, type RuntimeSpec } from '../options/runtime.ts';
import { type FlagSpec, type OptionSpec, optionTable } from '../options/table.ts';

const HELP: FlagSpec = { name: 'help', short: 'h', help: 'help for the command' };

export function globalFlags(): readonly FlagSpec[] {
  return [...runtimeFlags('global'), HELP];
}

/** For commands that load a script. */
export function loadFlags(): readonly FlagSpec[] {
  return [...runtimeFlags('load'), ...globalFlags()];
}

export function runFlags(): readonly FlagSpec[] {
  return [...optionFlags(), ...runtimeFlags('run'), ...loadFlags()];
}

/** Flags of the options a script could set too. */
export function optionFlags(): readonly FlagSpec[] {
  return (Object.values(optionTable) as OptionSpec<unknown>[]).flatMap(({ flag }) => (flag ? [flag] : []));
}

function runtimeFlags(scope: RuntimeSpec<unknown>['scope']): readonly FlagSpec[] {
  return Object.values(runtimeTable).flatMap((spec) => (spec.scope === scope ? [spec.flag] : []));
}
