/** The commands besides `run`, and where options come from, through the built command. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finished, runCommand, type RunOptions } from '../execution/command.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'gravl-k6-cli-'));
  await mkdir(path.join(folder, 'lib'));
  await writeFile(path.join(folder, 'lib/double.js'), 'export const double = (n) => 2 * n;');
  await writeFile(path.join(folder, 'data.json'), '{"n":21}');
  await writeFile(
    path.join(folder, 'script.js'),
    `import exec from 'k6/execution';
     import { double } from './lib/double.js';
     const { n } = JSON.parse(open('./data.json'));
     export const options = { scenarios: { one: { executor: 'per-vu-iterations', iterations: 2 } }, batch: 7 };
     export default function () {
       const { batch, batchPerHost } = exec.test.options;
       console.log('ran', double(n), __ENV.WHO, exec.scenario.executor, batch, batchPerHost);
     }`,
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const command = (args: readonly string[], options: RunOptions = {}): Promise<Finished> =>
  runCommand(args, folder, { ...options, env: { HOME: folder, XDG_CONFIG_HOME: '', ...options.env } });

const quiet = ['--quiet', '--summary-mode', 'disabled', '--log-format', 'json'];
const console = ({ log }: Finished): string[] => log.filter(({ source }) => source === 'console').map(({ msg }) => msg);

describe.concurrent('commands', () => {
  it('archive: what ran from the folder runs from the file alone, by any name', async () => {
    const target = path.join(folder, 'apart', 'bundle.bin');
    await mkdir(path.dirname(target));
    expect((await command(['archive', '-e', 'WHO=archive', '-O', target, 'script.js'])).code).toBe(0);
    const expected = Array.from({ length: 2 }, () => 'ran 42 archive per-vu-iterations 7 6');
    expect(console(await command(['run', ...quiet, path.join('apart', 'bundle.bin')]))).toEqual(expected);
  });

  it('inspect: what the script says, and with the requirements what will be', async () => {
    const said = JSON.parse((await command(['inspect', 'script.js'])).stdout) as Record<string, unknown>;
    expect(said).toMatchObject({ batch: 7, batchPerHost: null, vus: null });
    const { stdout } = await command(['inspect', '--execution-requirements', 'script.js']);
    expect(JSON.parse(stdout)).toMatchObject({ batchPerHost: 6, totalDuration: '10m30s', maxVUs: 1 });
  });

  it('deps: files and modules', async () => {
    const { stdout } = await command(['deps', '--json', 'script.js']);
    const { imports, customBuildRequired } = JSON.parse(stdout) as { imports: string[]; customBuildRequired: boolean };
    expect(imports.map((name) => path.basename(name)).sort()).toEqual(['double.js', 'execution', 'script.js']);
    expect(customBuildRequired).toBe(false);
  });

  it('new: a script that loads, and never over another', async () => {
    expect((await command(['new', '--template', 'protocol', 'fresh.js'])).code).toBe(0);
    expect(await readFile(path.join(folder, 'fresh.js'), 'utf8')).toContain('export function setup()');
    expect((await command(['inspect', 'fresh.js'])).code).toBe(0);
    const again = await command(['new', 'fresh.js']);
    expect([again.code, again.stderr]).toEqual([255, expect.stringContaining('use --force')]);
    expect((await command(['new', '-f', 'fresh.js'])).code).toBe(0);
  });

  it('completion: every shell knows the commands and flags', async () => {
    for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
      const { code, stdout } = await command(['completion', shell]);
      expect(code).toBe(0);
      for (const word of ['inspect', 'summary-trend-stats', 'execution-requirements']) expect(stdout).toContain(word);
    }
  });

  it('features: as a table and as JSON', async () => {
    expect((await command(['features'])).stdout).toMatch(/^FEATURE .*\n(.*\n)*freeze-env +Experimental/);
    expect(JSON.parse((await command(['features', '--json'])).stdout)).toHaveLength(3);
  });

  it.each([
    [['cloud', 'run', 'script.js'], 'k6 cloud commands are not available'],
    [['pause'], 'unknown command "pause"'],
    [['inspct', 'script.js'], 'did you mean inspect?'],
    [['run', '--no-summary', 'script.js'], 'unknown flag: --no-summary (use --summary-mode=disabled)'],
    [['run', '--traces-output', 'otel', 'script.js'], 'no traces are made'],
    [['run'], 'accepts 1 arg(s), received 0'],
  ])('%j is refused with one line', async (args, message) => {
    const { code, stderr } = await command(args);
    expect(code).toBe(255);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});

describe.concurrent('options come', () => {
  it("from the user's config file, then the one named, the script, the environment and the flags", async () => {
    await mkdir(path.join(folder, 'home/.config/k6'), { recursive: true });
    await writeFile(path.join(folder, 'home/.config/k6/config.json'), '{"batchPerHost":3,"batch":3}');
    await writeFile(path.join(folder, 'named.json'), '{"batchPerHost":4}');
    const one = (args: readonly string[], env = {}) =>
      command(['run', ...quiet, ...args, '-e', 'WHO=me', 'script.js'], {
        env: { HOME: path.join(folder, 'home'), ...env },
      });
    const runs = [
      one([]),
      one(['--config', 'named.json']),
      one(['-c', 'named.json'], { K6_BATCH_PER_HOST: '5' }),
      one(['--batch-per-host', '8', '-u', '1'], { K6_BATCH_PER_HOST: '5' }),
    ];
    expect((await Promise.all(runs)).map((run) => console(run)[0])).toEqual([
      'ran 42 me per-vu-iterations 7 3',
      'ran 42 me per-vu-iterations 7 4',
      'ran 42 me per-vu-iterations 7 5',
      'ran 42 me shared-iterations 7 8',
    ]);
  });

  it('from no file that is not there or cannot be read: exit code 104', async () => {
    await writeFile(path.join(folder, 'broken.json'), '{');
    const missing = await command(['run', '-c', 'nowhere.json', 'script.js']);
    const broken = await command(['run', '-c', 'broken.json', 'script.js']);
    expect([missing.code, broken.code]).toEqual([104, 104]);
    expect(missing.stderr).toContain('couldn\'t load the configuration from "nowhere.json"');
    expect(broken.stderr).toContain('couldn\'t parse the configuration from "broken.json"');
  });
});

describe.concurrent('feature flags', () => {
  it('freeze-env keeps __ENV as it is, in both strategies', async () => {
    const input = `export const options = { features: ['freeze-env', 'nonsense'] };
      export default function () { try { __ENV.WHO = 'x'; } catch (e) { console.log(e.name, __ENV.WHO); } }`;
    for (const strategy of ['fast', 'exact']) {
      const run = await command(['run', ...quiet, '--strategy', strategy, '-e', 'WHO=me', '-'], { input });
      expect(console(run)).toEqual(['TypeError me']);
      expect(run.log.map(({ msg }) => msg)).toContain('unknown feature flag "nonsense" is ignored');
    }
  });
});

describe('log lines', () => {
  it('leave out an empty message', async () => {
    const input = "export default function () { console.log(''); console.log('a b'); }";
    const { stderr } = await command(['run', '--quiet', '--summary-mode', 'disabled', '--log-format', 'logfmt', '-'], {
      input,
    });
    const lines = stderr.split('\n').filter((line) => line.includes('source=console'));
    expect(lines.map((line) => line.replace(/^time="[^"]*" /, ''))).toEqual([
      'level=info source=console',
      'level=info msg="a b" source=console',
    ]);
  });
});
