/** `gravl-k6 stats`: asks a running test over its REST API. */
import { EngineError, ExitCode } from '../../contracts/errors.ts';
import { globalFlags } from '../flag-sets.ts';
import { parseArguments } from '../flags.ts';
import { print } from '../print.ts';
import type { Command } from './types.ts';

/** Where k6 serves when it is asked to and not told where. */
const DEFAULT_ADDRESS = 'localhost:6565';

export const stats: Command = {
  summary: 'Show the metrics of a running test',
  usage: 'stats [-a host:port]',
  examples: ['gravl-k6 run -a localhost:6565 script.js', 'gravl-k6 stats -a localhost:6565'],
  flags: globalFlags,
  async run({ args, env, stdout }) {
    const { flags } = parseArguments(args, globalFlags());
    const address = flags['address']?.at(-1) ?? env['K6_ADDRESS'] ?? DEFAULT_ADDRESS;
    await print(stdout, JSON.stringify(await metricsOf(address), undefined, 2));
    return ExitCode.ok;
  },
};

async function metricsOf(address: string): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(`http://${address}/v1/metrics`);
  } catch (cause) {
    throw new EngineError(
      `no test answers on ${address}; start it with gravl-k6 run --address ${address}`,
      ExitCode.generic,
      { cause },
    );
  }
  const answer = (await response.json().catch(() => ({}))) as {
    readonly data?: unknown;
    readonly errors?: readonly { detail: string }[];
  };
  if (!response.ok) throw new EngineError(answer.errors?.[0]?.detail ?? response.statusText, ExitCode.generic);
  return answer.data;
}
