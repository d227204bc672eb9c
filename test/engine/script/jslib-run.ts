/** Scripts that use a shipped module, on a stand-in for k6. */
import { createHmac } from 'node:crypto';
import { evaluate, load, project } from './project.ts';

interface CheckCall {
  readonly name: string;
  readonly passed: boolean;
}

/** Just enough of k6 for the libraries: checks and groups are recorded, requests are echoed. */
export function k6(): {
  modules: Record<string, Record<string, unknown>>;
  checks: CheckCall[];
  groups: string[];
  tags: Record<string, unknown>;
  /** What ended the test, or marked it as failed. */
  verdicts: string[];
} {
  const checks: CheckCall[] = [];
  const groups: string[] = [];
  const tags: Record<string, unknown> = {};
  const verdicts: string[] = [];
  const request = (method: string, url: string, body: unknown, params: unknown): unknown => ({
    method,
    url,
    body,
    params,
  });
  return {
    checks,
    groups,
    tags,
    verdicts,
    modules: {
      k6: {
        check: (value: unknown, set: Record<string, (value: unknown) => unknown>) => {
          for (const [name, holds] of Object.entries(set)) checks.push({ name, passed: Boolean(holds(value)) });
          return Object.values(set).every((holds) => Boolean(holds(value)));
        },
        group: (name: string, body: () => unknown) => {
          groups.push(name);
          return body();
        },
      },
      'k6/crypto': {
        default: {
          hmac: (algorithm: string, key: ArrayBuffer, data: ArrayBuffer) => {
            const digest = createHmac(algorithm, Buffer.from(key)).update(Buffer.from(data)).digest();
            return Uint8Array.from(digest).buffer;
          },
        },
      },
      'k6/http': { default: { request, batch: (list: unknown) => list } },
      'k6/execution': {
        default: {
          scenario: { name: 's', startTime: Date.now() - 15_000 },
          test: {
            abort: (message: string) => {
              verdicts.push(`aborted: ${message}`);
              throw new Error('the end');
            },
            fail: (message: string) => verdicts.push(`failed: ${message}`),
            options: {
              scenarios: {
                s: {
                  startVUs: 0,
                  stages: [
                    { duration: '10s', target: 5 },
                    { duration: '1m', target: 5 },
                    { duration: '1h', target: 0 },
                  ],
                },
              },
            },
          },
          vu: { metrics: { tags, metadata: {} } },
        },
      },
    },
  };
}

/** Runs the body as a script's function, with names of a remote module, on a stand-in for k6. */
export async function run(
  from: string,
  names: string,
  body: string,
): Promise<{ value: unknown; k6: ReturnType<typeof k6>; logs: string[] }> {
  const dir = project({ 'script.js': `import ${names} from '${from}';\nexport default function () { ${body} }` });
  const fake = k6();
  const { exports, logs } = await evaluate(await load(dir, 'script.js', { noRemote: true }), fake.modules);
  return { value: await (exports['default'] as () => unknown)(), k6: fake, logs };
}
