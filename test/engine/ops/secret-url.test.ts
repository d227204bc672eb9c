/** Secrets that a service tells. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Secrets } from '../../../src/engine/ops/secrets.ts';
import { gravlK6 } from '../../e2e/harness.ts';

interface Asked {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: http.IncomingHttpHeaders;
}

const token = 'hunter22token';
let folder: string;
let host: string;
let asked: Asked[] = [];
let answers: ((response: http.ServerResponse) => void)[] = [];

const server = http.createServer(({ method, url, headers }, response) => {
  asked.push({ method, url, headers });
  const answer = answers.shift();
  if (answer) answer(response);
  else response.end(`the secret of ${url ?? ''}`);
});
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'secrets-'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  asked = [];
  answers = [];
});

const status = (code: number) => (response: http.ServerResponse) => {
  response.writeHead(code).end('no');
};
const json = (value: unknown) => (response: http.ServerResponse) => {
  response.end(JSON.stringify(value));
};

function open(options: readonly string[], env: Record<string, string> = {}): Secrets {
  const secrets = new Secrets();
  secrets.configure([`url${options.map((option, index) => (index === 0 ? '=' : ',') + option).join('')}`], folder, env);
  return secrets;
}
const template = (): string => `urlTemplate=http://${host}/v1/{key}`;
const message = async (secret: unknown): Promise<string> => {
  try {
    await secret;
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
};

describe('the secret source url', () => {
  it('asks for a key at its address, once, and takes the whole answer, which is redacted from then on', async () => {
    const secrets = open([template()]);
    const [one, two] = [secrets.get(undefined, 'a b/c'), secrets.get(undefined, 'a b/c')];
    expect(await one).toBe('the secret of /v1/a%20b%2Fc');
    expect(await two).toBe('the secret of /v1/a%20b%2Fc');
    await secrets.get(undefined, 'a b/c');
    expect(asked).toHaveLength(1);
    expect(asked[0]?.method).toBe('GET');
    expect(secrets.redact('got the secret of /v1/a%20b%2Fc!')).toBe('got ***SECRET_REDACTED***!');
  });

  it('takes a value out of JSON', async () => {
    const secrets = open([template(), 'responsePath=data.value']);
    answers = [json({ data: { value: 'inner' } })];
    expect(await secrets.get(undefined, 'a')).toBe('inner');
    answers = [
      json({ data: { other: token } }),
      json({ data: { value: 7 } }),
      (response) => response.end(`no JSON, ${token}`),
    ];
    expect(await message(secrets.get(undefined, 'c'))).toBe('secret "c": the answer has no text at data.value');
    expect(await message(secrets.get(undefined, 'n'))).toBe('secret "n": the answer has no text at data.value');
    expect(await message(secrets.get(undefined, 'd'))).toBe('secret "d": the answer is not JSON');
    expect(asked).toHaveLength(4);
  });

  it('obeys the command line before the file, and the file before the environment', async () => {
    writeFileSync(
      path.join(folder, 'source.json'),
      JSON.stringify({ method: 'PUT', headers: { 'X-From': 'file', 'X-Both': 'file' }, maxRetries: 0 }),
    );
    const env = {
      K6_SECRET_SOURCE_URL_URL_TEMPLATE: `http://${host}/env/{key}`,
      K6_SECRET_SOURCE_URL_METHOD: 'DELETE',
      K6_SECRET_SOURCE_URL_HEADER_AUTHORIZATION: `Bearer ${token}`,
      K6_SECRET_SOURCE_URL_HEADER_X_BOTH: 'env',
    };
    await open([], env).get(undefined, 'k');
    await open(['config=source.json'], env).get(undefined, 'k');
    await open(['method=POST', 'headers.X-Both=line', 'config=source.json'], env).get(undefined, 'k');
    expect(asked.map(({ method }) => method)).toEqual(['DELETE', 'PUT', 'POST']);
    expect(asked.map(({ url }) => url)).toEqual(['/env/k', '/env/k', '/env/k']);
    expect(asked.map(({ headers }) => headers['x-both'])).toEqual(['env', 'file', 'line']);
    expect(asked.map(({ headers }) => headers['x-from'])).toEqual([undefined, 'file', 'file']);
    expect(asked.every(({ headers }) => headers.authorization === `Bearer ${token}`)).toBe(true);
  });

  it('sends what an address says of user and password as k6 sends it', async () => {
    await open([`urlTemplate=http://me:${token}@${host}/{key}`]).get(undefined, 'k');
    expect(asked[0]?.headers.authorization).toBe(`Basic ${Buffer.from(`me:${token}`).toString('base64')}`);
  });

  it('tries again what may pass, and only that', async () => {
    const secrets = open([template(), 'retryBackoff=0s', 'maxRetries=2']);
    answers = [status(503), status(429)];
    expect(await secrets.get(undefined, 'a')).toBe('the secret of /v1/a');
    expect(asked).toHaveLength(3);
    answers = [status(404)];
    expect(await message(secrets.get(undefined, 'b'))).toBe('secret "b": the service answered with status 404');
    expect(asked).toHaveLength(4);
    answers = [status(500), (response) => response.destroy(), status(500)];
    expect(await message(secrets.get(undefined, 'c'))).toBe('secret "c": the service answered with status 500');
    expect(asked).toHaveLength(7);
    expect(await secrets.get(undefined, 'c')).toBe('the secret of /v1/c');
  });

  it('gives up a service that is silent or away, without repeating its address', async () => {
    answers = [() => undefined];
    const silent = open([template(), 'timeout=50ms', 'maxRetries=0', `headers.X-Api-Key=${token}`]);
    expect(await message(silent.get(undefined, 'a'))).toBe('secret "a": the service did not answer in time');
    const away = open([`urlTemplate=http://u:${token}@127.0.0.1:1/{key}?token=${token}`, 'maxRetries=0']);
    const said = await message(away.get(undefined, 'a'));
    expect(said).toMatch(/^secret "a": the service cannot be reached/);
    expect(said).not.toContain(token);
  });

  it('does not ask for what no address can hold, and takes no empty answer', async () => {
    const secrets = open([template()]);
    for (const key of ['', '.', '..', '\ud800'])
      expect(await message(secrets.get(undefined, key))).toContain('the key cannot stand in an address');
    expect(asked).toHaveLength(0);
    answers = [(response) => response.end(), (response) => response.writeHead(204).end()];
    expect(await message(secrets.get(undefined, 'a'))).toBe('secret "a": the answer is empty');
    expect(await message(secrets.get(undefined, 'a'))).toBe('secret "a": the answer is empty');
    expect(asked).toHaveLength(2);
  });

  it('redacts an answer with a line feed at its end without it, too', async () => {
    const secrets = open([template()]);
    answers = [(response) => response.end(`${token}\n`)];
    expect(await secrets.get(undefined, 'a')).toBe(`${token}\n`);
    expect(secrets.redact(`<${token}>`)).toBe('<***SECRET_REDACTED***>');
  });

  it('waits a long time when it is told to', async () => {
    const secrets = open([template(), 'timeout=600h', 'retryBackoff=600h']);
    expect(await secrets.get(undefined, 'a')).toBe('the secret of /v1/a');
    answers = [status(500)];
    const under = message(secrets.get(undefined, 'b'));
    await expect.poll(() => asked.length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toHaveLength(2);
    secrets.close();
    expect(await under).not.toBe('no error');
  });

  it('ends what is under way when the run ends', async () => {
    const secrets = open([template()]);
    answers = Array.from({ length: 20 }, () => () => undefined);
    const under = Array.from({ length: 20 }, (_, index) => message(secrets.get(undefined, `k${index}`)));
    await expect.poll(() => asked.length).toBeGreaterThanOrEqual(10);
    secrets.close();
    expect(new Set(await Promise.all(under)).has('no error')).toBe(false);
  });

  it.each([
    [[], 'urlTemplate must be an address with {key} in it'],
    [['urlTemplate=http://x/'], 'urlTemplate must be an address with {key} in it'],
    [[`urlTemplate=ftp://u:${token}@x/{key}`], 'urlTemplate must begin with http:// or https://'],
    [[`urlTemplate=http://u:${token}@/{key}`], 'urlTemplate must begin with http:// or https://'],
    [['urlTemplate=http://x/{key}', 'method=a b'], 'method be one that can be sent'],
    [
      ['urlTemplate=http://x/{key}', `headers.X-Y=${token}\n`, `headers.a b=${token}`],
      'part 3 is no header that can be sent',
    ],
    [['urlTemplate=http://x/{key}', 'timeout=soon'], 'timeout: time: invalid duration "soon"'],
    [['urlTemplate=http://x/{key}', 'maxRetries=-1'], 'maxRetries must be a whole number of at least 0'],
    [['urlTemplate=http://x/{key}', 'requestsBurst=0'], 'requestsBurst must be a whole number of at least 1'],
    [['urlTemplate=http://x/{key}', 'retries=1'], 'part 2 is no option, only urlTemplate, method'],
    [['urlTemplate=http://x/{key}', 'headers.X=a', `${token}=`], 'part 3 is no option'],
    [['urlTemplate=http://x/{key}', 'maxRetries='], 'maxRetries must be a whole number'],
    [['urlTemplate=http://x/{key}', 'retryBackoff=-1s'], 'retryBackoff must not be less than 0'],
    [['urlTemplate=http://x/{key}', token], 'part 2 is not of the form key=value'],
    [['config=missing.json'], 'cannot read '],
    [['config=broken.json'], 'broken.json is not JSON'],
    [['config=list.json'], 'list.json: what it holds must be an object'],
    [['config=deep.json'], 'deep.json: timeout must be a text or a number'],
  ])('refuses %j with 104 and without its secrets', (options, why) => {
    writeFileSync(path.join(folder, 'broken.json'), `{ "headers": "${token}`);
    writeFileSync(path.join(folder, 'list.json'), '[]');
    writeFileSync(path.join(folder, 'deep.json'), '{ "timeout": {} }');
    let thrown: unknown;
    try {
      open(options);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ exitCode: 104, message: expect.stringContaining(why) as string });
    expect((thrown as Error).message).not.toContain(token);
  });
});

describe('a script with secrets from a service', () => {
  const asking = `import secrets from 'k6/secrets';
    export default async function () { console.log(\`<\${await secrets.get('token')}>\`); }`;

  const run = (strategy: string, args: readonly string[], text = asking, onStart?: (stop: () => void) => void) => {
    const script = path.join(folder, 'script.js');
    writeFileSync(script, text);
    const env = { ...process.env, GRAVL_K6_STRATEGY: strategy };
    return new Promise<{ code: unknown; said: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [gravlK6, 'run', '--quiet', '--no-usage-report', ...args, script],
        { env },
        (error, stdout, stderr) => {
          resolve({ code: error?.code ?? 0, said: stdout + stderr });
        },
      );
      onStart?.(() => child.kill('SIGINT'));
    });
  };
  const source = (...options: string[]): string => `--secret-source=url=${[template(), ...options].join(',')}`;

  it.each(['fast', 'exact'])('gets them in %s mode, and prints none', async (strategy) => {
    answers = [(response) => response.end(token)];
    const { code, said } = await run(strategy, [source()]);
    expect(said).toContain('<***SECRET_REDACTED***>');
    expect(said).not.toContain(token);
    expect([code, asked.length]).toEqual([0, 1]);
  });

  it('prints none on a thread that did not ask for it itself', async () => {
    answers = [(response) => response.end(token)];
    const text = `import secrets from 'k6/secrets';
      export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 4, iterations: 1 } } };
      export const setup = () => secrets.get('token');
      export default function (given) { console.log(\`<\${given}>\`); }`;
    const { code, said } = await run('fast', ['--threads=2', source()], text);
    expect(said.match(/<\*\*\*SECRET_REDACTED\*\*\*>/g)).toHaveLength(4);
    expect(said).not.toContain(token);
    expect(code).toBe(0);
  });

  it('does not wait for a silent service after Ctrl-C', async () => {
    const { code } = await run('fast', [source('timeout=1h')], asking, (stop) => {
      answers = [stop];
    });
    expect(code).toBe(105);
  });
});
