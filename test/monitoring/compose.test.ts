/** docker-compose.yml, checked without Docker: its schema and style, what it mounts, what it pulls. */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import * as dclint from 'dclint';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dataSource } from '../../k8s/source/dashboards.ts';
import { composeFiles } from '../../k8s/source/files.ts';
import { root, temporaryFolder } from '../e2e/harness.ts';

interface Service {
  readonly image?: string;
  readonly build?: { readonly context: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly volumes?: readonly string[];
}

// Its types import without file extensions, which Node's resolution does not follow.
const untyped: unknown = dclint;
const { DCLinter } = untyped as {
  DCLinter: new (config: object) => {
    lintFiles(files: readonly string[], recursive: boolean): { errorCount: number; messages: object[] }[];
  };
};
const { services } = parse(readFileSync(path.join(root, 'docker-compose.yml'), 'utf8')) as {
  services: Record<string, Service>;
};

describe('docker-compose.yml', () => {
  it('follows the schema and the rules of dclint', () => {
    // The services stand in the order of the story: database, backend, what watches it, what loads it.
    const rules = { 'services-alphabetical-order': 0 };
    const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
    const messages = linter.lintFiles([path.join(root, 'docker-compose.yml')], false).flatMap((file) => file.messages);
    expect(messages).toEqual([]);
    const broken = path.join(temporaryFolder(), 'docker-compose.yml');
    writeFileSync(broken, 'services: { a: { image: "x:1.0", prots: [] } }\n');
    expect(linter.lintFiles([broken], false)[0]?.errorCount).toBeGreaterThan(0);
  });

  it('starts the whole stack, and k6 only when asked', () => {
    expect(Object.keys(services)).toEqual(['postgres', 'backend', 'prometheus', 'alertmanager', 'grafana', 'k6']);
    const asked = Object.entries(services).filter(([, { profiles }]) => profiles !== undefined);
    expect(asked.map(([name]) => name)).toEqual(['k6']);
  });

  it('pins every image to a version', () => {
    const dockerfile = readFileSync(path.join(root, 'Dockerfile'), 'utf8');
    const images = [
      ...Object.values(services).flatMap(({ image }) => image ?? []),
      ...[...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image = '']) => image),
    ];
    expect(images.length).toBeGreaterThan(6);
    for (const image of images) expect(image).toMatch(/^[\w./-]+:v?\d+\.\d+(\.\d+)?(-[\w.-]+)?$/);
  });

  it('mounts what is there, read-only, and opens ports on loopback only', () => {
    for (const { volumes = [], ports = [] } of Object.values(services)) {
      for (const volume of volumes) {
        const [source = '', , mode] = volume.split(':');
        // dist/ is what `npm run build` makes.
        if (source !== './dist/k6') expect(existsSync(path.join(root, source)), source).toBe(true);
        expect(mode).toBe('ro');
      }
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
  });

  it('runs the backend as somebody else than root, with a health check', () => {
    const last =
      readFileSync(path.join(root, 'Dockerfile'), 'utf8')
        .split(/^FROM /m)
        .at(-1) ?? '';
    expect(last).toMatch(/^USER node$/m);
    expect(last).toMatch(/^HEALTHCHECK /m);
  });

  it('runs the Grafana from whose schema the dashboards are made, with the data source they ask', () => {
    const { devDependencies } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    const [schema] = /^\d+\.\d+\./.exec(devDependencies['@grafana/grafana-foundation-sdk'] ?? '') ?? [];
    expect(services['grafana']?.image).toContain(`grafana/grafana:${schema}`);
    const sources = readFileSync(path.join(root, 'compose/grafana/provisioning/datasources/prometheus.yml'), 'utf8');
    const { datasources } = parse(sources) as { datasources: { type: string; uid: string }[] };
    expect(datasources.map(({ type, uid }) => ({ type, uid }))).toEqual([dataSource]);
  });

  it.each([...composeFiles])('%s is what its source gives (npm run manifests)', (file, text) => {
    expect(readFileSync(path.join(root, file), 'utf8')).toBe(text);
  });
});

const have = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

it.skipIf(!have('promtool') || !have('amtool')).each([
  ['promtool', ['test', 'rules', 'test/monitoring/rules.test.yml']],
  ['amtool', ['check-config', 'compose/alertmanager.yml']],
])('%s accepts the rules, their cases and the routes', async (program, args) => {
  const { stdout } = await promisify(execFile)(program, args, { cwd: root });
  expect(stdout).toContain('SUCCESS');
});
