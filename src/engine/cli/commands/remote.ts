/** Commands that talk to a running test over its REST API. */
import { EngineError, ExitCode } from '../../contracts/errors.ts';
import { globalFlags } from '../flag-sets.ts';
import { parseArguments } from '../flags.ts';
import { print } from '../print.ts';
import type { Command } from './types.ts';

/** Where k6 serves by default. */
const DEFAULT_ADDRESS = 'localhost:6565';

interface Call {
  readonly path: string;
  /** Attributes to change; absent only asks. */
  readonly change?: Readonly<Record<string, unknown>>;
}

function remoteCommand(name: string, summary: string, call: Call): Command {
  return {
    summary,
    usage: `${name} [-a host:port]`,
    flags: globalFlags,
    async run({ args, env, stdout }) {
      const { flags } = parseArguments(args, globalFlags());
      const address = flags['address']?.at(-1) ?? env['K6_ADDRESS'] ?? DEFAULT_ADDRESS;
      await print(stdout, JSON.stringify(await ask(address, call), undefined, 2));
      return ExitCode.ok;
    },
  };
}

async function ask(address: string, { path, change }: Call): Promise<unknown> {
  let response: Response;
  try {
    const body = JSON.stringify({ data: { type: 'status', id: 'default', attributes: change } });
    response = await fetch(`http://${address}${path}`, change ? { method: 'PATCH', body } : {});
  } catch (cause) {
    throw new EngineError(
      `no test answers on ${address}; start it with gravl-k6 run --address ${address}`,
      ExitCode.generic,
      { cause },
    );
  }
  const answer = (await response.json()) as {
    readonly data?: unknown;
    readonly errors?: readonly { detail: string }[];
  };
  if (!response.ok) throw new EngineError(answer.errors?.[0]?.detail ?? response.statusText, ExitCode.generic);
  return answer.data;
}

export const status = remoteCommand('status', 'Show the status of a running test', { path: '/v1/status' });
export const stats = remoteCommand('stats', 'Show the metrics of a running test', { path: '/v1/metrics' });
export const pause = remoteCommand('pause', 'Pause a running test', { path: '/v1/status', change: { paused: true } });
export const resume = remoteCommand('resume', 'Resume a paused test', {
  path: '/v1/status',
  change: { paused: false },
});

const scaleFlags = () => [
  { name: 'vus', short: 'u', arg: 'int', help: 'number of virtual users' },
  { name: 'max', short: 'm', arg: 'int', help: 'max available virtual users' },
  ...globalFlags(),
];

export const scale: Command = {
  summary: 'Scale a running test',
  usage: 'scale -u VUS [-a host:port]',
  flags: scaleFlags,
  run({ args }) {
    parseArguments(args, scaleFlags());
    return Promise.reject(
      new EngineError(
        'scale only works with the externally-controlled executor, which is not supported; use the ramping-vus executor',
        ExitCode.generic,
      ),
    );
  },
};
