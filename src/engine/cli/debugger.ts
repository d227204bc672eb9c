/** `--inspect` and `--inspect-brk`: a debugger attaches and sees the script's own files. */
import inspector from 'node:inspector';
import { EngineError, ExitCode } from '../contracts/errors.ts';
import type { EngineLog } from '../execution/types.ts';
import { breakAtStart } from '../vu/debug-code.ts';

/**
 * Opens the port that Chrome (chrome://inspect) and IDEs attach to.
 * @param where `host:port`, `port` or `host`
 * @param wait holds everything until a debugger is there
 */
export function openDebugger(where: string, wait: boolean, log: EngineLog): void {
  const match = /^(?:(.+):)?(\d+)$/.exec(where);
  const [host, port] = match ? [match[1] ?? '127.0.0.1', Number(match[2])] : [where, 9229];
  if (port > 65_535) throw new EngineError(`invalid debugger address '${where}': use host:port`, ExitCode.generic);
  inspector.open(port, host, false);
  log('info', `Debugger listening on ${inspector.url() ?? where}; attach with chrome://inspect or an IDE`);
  if (!wait) return;
  breakAtStart();
  inspector.waitForDebugger();
}
