import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EngineError, ExitCode } from '../contracts/errors.ts';

/** Absolute path of a file in dist, from a bundle, a chunk of one, or the sources. */
export function distFile(name: string): string {
  for (const place of ['./', '../', '../../../dist/']) {
    const file = fileURLToPath(new URL(place + name, import.meta.url));
    if (existsSync(file)) return file;
  }
  throw new EngineError(`dist/${name} is missing: run npm run prepare`, ExitCode.panic);
}
