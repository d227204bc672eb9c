/** The levels an option can come from, each decoded to one {@link Layer}. */
import { EngineError, ExitCode } from '../contracts/errors.ts';
import { asObject, DecodeError, isGiven } from './decode.ts';
import { type Layer, type OptionKey, optionTable, type OptionSpec } from './table.ts';

const entries = Object.entries(optionTable) as readonly (readonly [OptionKey, OptionSpec<unknown>])[];

/** What the command line gave: flag name → texts, in order; a switch has the text `true`. */
export type FlagValues = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * Decodes `export const options`, or a config file. Unknown keys are ignored by k6 (with a warning), so they are here.
 * @throws DecodeError in Go's words: the caller knows which file it is about
 */
export function layerFromJson(value: unknown): { layer: Layer; unknown: readonly string[] } {
  if (value == null) return { layer: {}, unknown: [] };
  const given = asObject(value, Object.keys(optionTable));
  const layer: Record<string, unknown> = {};
  for (const [key, spec] of entries) {
    if (isGiven<unknown>(spec.codec, given[key])) layer[key] = spec.codec.json(given[key]);
  }
  const legacy = new Set(['vusMax', 'collectors']);
  return { layer, unknown: Object.keys(given).filter((key) => !(key in optionTable) && !legacy.has(key)) };
}

export function layerFromEnv(env: Readonly<Record<string, string | undefined>>): Layer {
  const layer: Record<string, unknown> = {};
  for (const [key, spec] of entries) {
    const text = spec.env === undefined ? undefined : env[spec.env];
    if (text === undefined || text === '') continue;
    layer[key] = decodeText(spec, text, `environment variable ${spec.env ?? ''}`);
  }
  return layer;
}

export function layerFromFlags(flags: FlagValues): Layer {
  const layer: Record<string, unknown> = {};
  for (const [key, spec] of entries) {
    const texts = spec.flag && flags[spec.flag.name];
    if (!spec.flag || !texts || texts.length === 0) continue;
    const where = spec.flag.short ? `"-${spec.flag.short}, --${spec.flag.name}"` : `"--${spec.flag.name}"`;
    // A repeated flag adds up; of any other the last one counts, as everywhere.
    const text = spec.flag.repeat ? texts.join(',') : (texts.at(-1) ?? '');
    layer[key] = decodeText(spec, text, where);
  }
  return layer;
}

function decodeText(spec: OptionSpec<unknown>, text: string, where: string): unknown {
  try {
    return spec.codec.text?.(text);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const what = where.startsWith('"') ? `${where} flag` : where;
    throw new EngineError(
      `invalid argument ${JSON.stringify(text)} for ${what}: ${error.message}`,
      where.startsWith('"') ? ExitCode.generic : ExitCode.invalidConfig,
    );
  }
}
