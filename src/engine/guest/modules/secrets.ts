/** k6/secrets. */
import { type GuestContext, GoError, type ModuleFactory, native, startAsync } from '../runtime/api.ts';
import { asText } from './bytes.ts';

const getter = (ctx: GuestContext, source: string | undefined) =>
  native('get', 1, (key) => startAsync(ctx, 'secrets.get', { source, key: asText(key) }, (value) => value));

export const secretsModule: ModuleFactory = (ctx) => {
  const exports = {
    get: getter(ctx, undefined),
    source: native('source', 1, (name) => {
      const id = asText(name);
      if (!ctx.call('secrets.source', id)) throw new GoError(`no secret source with name "${id}" is configured`);
      return { get: getter(ctx, id) };
    }),
  };
  return { ...exports, default: exports };
};
