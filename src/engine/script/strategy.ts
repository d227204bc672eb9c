/** Which of its two forms a program takes, and why. Loaded only on a cache miss. */
import type { ScriptProgram } from '../contracts/script.ts';
import { analyse } from './analyse/index.ts';
import { toFastForm } from './transform/index.ts';

type Form = Pick<ScriptProgram, 'form' | 'code' | 'map' | 'exactReasons'>;

/**
 * @param exact the program in exact form
 * @param wanted `fast` and `exact` are obeyed whatever the analysis finds; its reasons are given all the same
 */
export function chooseForm(exact: Pick<ScriptProgram, 'code' | 'map'>, wanted: 'auto' | 'fast' | 'exact'): Form {
  const { code, map } = exact;
  const { mode, reasons } = analyse(code, map);
  const exactReasons = reasons.map(({ construct, at, why }) => `${construct} at ${at}: ${why}`);
  if ((wanted === 'auto' ? mode : wanted) === 'exact') return { form: 'exact', code, map, exactReasons };
  return { form: 'fast', ...toFastForm(code, map), exactReasons };
}
