/** The engine that ships with us, as a process of its own: `gravl-k6 run`. */
import path from 'node:path';
import { packageRoot, suiteVersion } from '../config/package.ts';
import { runK6 } from './k6-run.ts';
import { RecordOutputReader } from './record-output.ts';
import type { Runner } from './types.ts';

export function embeddedRunner(): Runner {
  const bin = path.join(packageRoot, 'bin', 'gravl-k6.js');
  return {
    name: 'embedded',
    version: () => Promise.resolve(suiteVersion),
    run: (request) =>
      runK6(
        request,
        { name: 'embedded', version: suiteVersion },
        new RecordOutputReader(request.measurement),
        { script: request.script, workDir: request.workDir },
        (args) => ({ file: process.execPath, args: [bin, ...args] }),
      ),
  };
}
