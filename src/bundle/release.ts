/** The release build by webpack: dist/k6/*.js, one self-contained script per scenario file. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Configuration, StatsCompilation, webpack as Webpack } from 'webpack';
import { packageRoot } from '../config/package.ts';
import { LoadError } from '../errors.ts';

export interface BuiltScript {
  readonly file: string;
  readonly bytes: number;
}

/**
 * @param outDir absolute
 * @throws LoadError scenario.compile, build.tools when webpack is not installed
 */
export async function buildRelease(projectDir: string, outDir: string): Promise<BuiltScript[]> {
  const webpack = await loadWebpack();
  const configFile = pathToFileURL(path.join(packageRoot, 'webpack.config.js')).href;
  const { default: makeConfig } = (await import(configFile)) as {
    default: (env: { project: string; output: string }) => Configuration;
  };
  const compiler = webpack({
    ...makeConfig({ project: projectDir, output: outDir }),
    infrastructureLogging: { level: 'none' },
  });
  const run = promisify(compiler.run.bind(compiler));
  try {
    const stats = (await run())?.toJson({ all: false, errors: true, assets: true, modules: false });
    throwErrors(stats);
    return (stats?.assets ?? [])
      .filter(({ name }) => name.endsWith('.js'))
      .map(({ name, size }) => ({ file: path.join(outDir, name), bytes: size }))
      .sort((a, b) => (a.file < b.file ? -1 : 1));
  } finally {
    await promisify(compiler.close.bind(compiler))();
  }
}

async function loadWebpack(): Promise<typeof Webpack> {
  try {
    return (await import('webpack')).default;
  } catch (error) {
    throw new LoadError('build.tools', 'webpack is not installed', { cause: error });
  }
}

function throwErrors(stats: StatsCompilation | undefined): void {
  const errors = stats?.errors ?? [];
  if (errors.length === 0) return;
  const messages = errors.map(({ message, moduleName, loc }) => {
    // Loaders put their own stack behind the message.
    const [text = ''] = message.split(/\n\s+at /);
    return [moduleName, loc, text].filter((part) => part !== undefined && part !== '').join(': ');
  });
  throw new LoadError('scenario.compile', messages[0] ?? 'the build failed', { problems: messages.slice(1) });
}
