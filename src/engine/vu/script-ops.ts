/** The call operations that concern the script's own files. */
import type { OpHandlers, Outcome } from '../contracts/host.ts';
import type { StackMapper } from '../script/source-map.ts';
import { type OpenPolicy, readFileFor, resolveOpenPath } from '../script/open-files.ts';

type OpenHandler = NonNullable<OpHandlers['call']['script.open']>;

/** Files are read once a thread, however many VUs open them; texts are shared between all realms. */
export function openHandler(policy: OpenPolicy): OpenHandler {
  const texts = new Map<string, string>();
  const bytes = new Map<string, Uint8Array>();
  return (_io, { name, dir, binary }): Outcome<string | Uint8Array> => {
    const path = resolveOpenPath(name, dir);
    if (!path.ok) return path;
    const known = binary ? bytes.get(path.value) : texts.get(path.value);
    if (known !== undefined) return { ok: true, value: known };
    const content = readFileFor(path.value, policy);
    if (!content.ok) return content;
    if (binary) {
      bytes.set(path.value, content.value);
      return content;
    }
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(content.value);
    texts.set(path.value, text);
    return { ok: true, value: text };
  };
}

export function scriptOps(policy: OpenPolicy, mapper: StackMapper): OpHandlers['call'] {
  return {
    'script.open': openHandler(policy),
    'script.useOf': (_io, { property, stack }) => ({ ok: true, value: mapper.useOf(property, stack) }),
    'script.errorStack': (_io, stack) => ({ ok: true, value: mapper.stack(stack) }),
    'script.resolve': (_io, { specifier, url }) => {
      try {
        return { ok: true, value: new URL(specifier, url).href };
      } catch {
        return { ok: false, name: 'GoError', message: `"${specifier}" cannot be resolved against ${url}` };
      }
    },
  };
}
