// The release build: every scenario as a single k6 script in dist/k6, for k6, Docker and Kubernetes.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(fileURLToPath(import.meta.url));

/**
 * @param {{ project?: string, output?: string }} env project: the folder with scenarios/; output: where scripts go
 * @returns {import('webpack').Configuration}
 */
export default (env = {}) => {
  const scenarios = path.join(env.project ?? root, 'scenarios');
  const entry = Object.fromEntries(
    readdirSync(scenarios)
      .filter((file) => file.endsWith('.ts'))
      .map((file) => [path.basename(file, '.ts'), path.join(scenarios, file)]),
  );
  return {
    mode: 'production',
    context: root,
    entry,
    output: {
      path: env.output ?? path.join(root, 'dist', 'k6'),
      filename: '[name].js',
      library: { type: 'module' },
      chunkFormat: 'module',
    },
    experiments: { outputModule: true },
    target: ['es2022'],
    devtool: 'source-map',
    // Readable stack traces are worth more in a load test than a few kilobytes.
    optimization: { minimize: false, splitChunks: false },
    externalsType: 'module',
    externals: [/^k6(\/.*)?$/, /^https:\/\//],
    resolve: {
      extensions: ['.ts', '.js'],
      alias: {
        'k6-summary$': path.join(root, 'src', 'suite', 'summary', 'index.ts'),
        'gravl-load/suite$': path.join(root, 'dist', 'suite.js'),
      },
    },
    module: {
      rules: [
        {
          test: /\.ts$/,
          // Loaders run from the last to the first: ts-loader takes the types away, babel-loader lowers the syntax.
          use: [
            {
              loader: 'babel-loader',
              options: {
                cwd: root,
                babelrc: false,
                configFile: false,
                presets: [['@babel/preset-env', { targets: { node: '20' }, modules: false }]],
              },
            },
            {
              loader: 'ts-loader',
              options: {
                transpileOnly: true,
                // In a project of its own this package, and what it gives to scripts, lies there.
                allowTsInNodeModules: true,
                compilerOptions: {
                  noEmit: false,
                  allowImportingTsExtensions: false,
                  module: 'esnext',
                  moduleResolution: 'bundler',
                },
              },
            },
          ],
        },
      ],
    },
    performance: { hints: false },
    stats: 'errors-warnings',
  };
};
