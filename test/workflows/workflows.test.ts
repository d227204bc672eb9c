/** The GitHub workflows, ours and a new project's: read by GitHub's own parser, and the comment's script run by the real gh. */
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { projectFiles } from '../../src/init/project.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { root, temporaryFolder } from '../e2e/harness.ts';
import { runRecord } from '../fixtures/record.ts';
import { workflowParser } from './parser.ts';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly permissions?: Readonly<Record<string, string>>; readonly steps: readonly Step[] }>
  >;
}

const ours = readFileSync(path.join(root, '.github/workflows/load.yml'), 'utf8');
const projects = projectFiles(['health'], '0.1.0').find(({ path: file }) => file.endsWith('load.yml'))?.text ?? '';
const have = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

/** What GitHub would not take of a workflow. */
async function faultFinder(): Promise<(content: string) => Promise<string[]>> {
  const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await workflowParser();
  return async (content) => {
    const { context, value } = parseWorkflow({ name: 'load.yml', content }, new NoOperationTraceWriter());
    const parsed = context.errors.getErrors().map(({ message }) => message);
    if (parsed.length > 0 || value === undefined) return parsed;
    return ((await convertWorkflowTemplate(context, value)).errors ?? []).map(({ Message }) => Message);
  };
}

describe.each([
  ['.github/workflows/load.yml', ours],
  ["a new project's workflow", projects],
])('%s', (_, text) => {
  const { permissions, jobs } = parse(text) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  it('is what GitHub understands', async () => {
    const faults = await faultFinder();
    expect(await faults(text)).toEqual([]);
    expect(await faults(text.replace('runs-on:', 'runs-no:'))).not.toEqual([]);
    expect(await faults(text.replace('always()', 'allways()'))).not.toEqual([]);
  });

  it('may only read, and runs actions of pinned commits', () => {
    expect(permissions).toEqual({ contents: 'read' });
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  });

  it('puts nothing that others write into a script', () => {
    for (const { run = '' } of steps) expect(run).not.toContain('${{');
  });

  it.skipIf(!have('shellcheck'))('has scripts that shellcheck accepts', () => {
    for (const { run } of steps) {
      if (run === undefined) continue;
      const { stdout } = spawnSync('shellcheck', ['--shell=bash', '-'], { input: run, encoding: 'utf8' });
      expect(stdout).toBe('');
    }
  });
});

it('lets one job write, comments only, and that job runs no code of the pull request', () => {
  const { jobs } = parse(ours) as Workflow;
  const writing = Object.entries(jobs).filter(([, job]) => job.permissions !== undefined);
  expect(writing.map(([name, { permissions }]) => [name, permissions])).toEqual([
    ['comment', { 'pull-requests': 'write' }],
  ]);
  const [[, comment] = []] = writing;
  expect(comment?.steps.flatMap(({ uses }) => uses?.split('@')[0] ?? [])).toEqual(['actions/download-artifact']);
  for (const { run = '' } of comment?.steps ?? []) expect(run).not.toMatch(/\b(npm|npx|node|bash|source)\b/);
});

interface Comment {
  readonly id: number;
  body: string;
  readonly user: { readonly login: string };
}

/** GitHub's comments of one pull request, two a page; gh reaches it as a proxy, at a host name of its own. */
async function gitHub(comments: Comment[]): Promise<{ proxy: string; requests: string[] }> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => (text += String(chunk)));
    request.on('end', () => {
      const url = new URL(request.url ?? '');
      requests.push(`${request.method} ${url.pathname}`);
      const body = text === '' ? '' : (JSON.parse(text) as { body: string }).body;
      response.setHeader('content-type', 'application/json');
      if (request.method === 'GET') {
        const page = Number(url.searchParams.get('page') ?? 1);
        if (page * 2 < comments.length) {
          url.searchParams.set('page', String(page + 1));
          response.setHeader('link', `<${url.href}>; rel="next"`);
        }
        return response.end(JSON.stringify(comments.slice(page * 2 - 2, page * 2)));
      }
      const old = comments.find(({ id }) => url.pathname === `/repos/o/r/issues/comments/${id}`);
      if (request.method === 'PATCH' && old !== undefined) old.body = body;
      else comments.push({ id: comments.length + 1, body, user: { login: 'github-actions[bot]' } });
      return response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { proxy: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

async function runComment(proxy: string, summary: string | undefined): Promise<void> {
  const { run, env } = (parse(ours) as Workflow).jobs['comment']?.steps.find((step) => step.run !== undefined) ?? {};
  expect(Object.keys(env ?? {})).toEqual(['GH_TOKEN', 'COMMENTS', 'COMMENT']);
  const dir = temporaryFolder();
  for (const [run, text] of [
    ['20261124T010000Z-baseline-00000a', 'an older run'],
    ['20261124T020000Z-baseline-00000b', summary],
  ] as const) {
    const folder = path.join(dir, 'results/runs/local', run);
    mkdirSync(folder, { recursive: true });
    if (summary !== undefined) writeFileSync(path.join(folder, 'summary.md'), text ?? '');
  }
  await promisify(execFile)('bash', ['-e', '-c', run ?? 'exit 1'], {
    cwd: dir,
    env: {
      PATH: process.env['PATH'],
      HOME: dir,
      GH_HOST: 'github.localhost',
      http_proxy: proxy,
      GH_TOKEN: 'token',
      COMMENTS: 'repos/o/r/issues/7/comments',
      COMMENT: 'repos/o/r/issues/comments',
    },
  });
}

describe.skipIf(!have('gh'))(`the comment on a pull request${have('gh') ? '' : ' (skipped: needs gh)'}`, () => {
  const mine = { login: 'github-actions[bot]' };
  const summary = renderMarkdown(runRecord());
  const [mark = ''] = summary.split('\n');

  it('is made once, by the latest run, then renewed', async () => {
    const comments: Comment[] = [];
    const { proxy, requests } = await gitHub(comments);
    await runComment(proxy, summary);
    expect(comments.map(({ body }) => body)).toEqual([summary]);
    const failed = renderMarkdown(runRecord({ verdict: { state: 'FAIL', reasons: ['$(exit 1) `exit 1` "\\'] } }));
    await runComment(proxy, failed);
    expect(comments.map(({ body }) => body)).toEqual([failed]);
    expect(requests.filter((asked) => !asked.startsWith('GET'))).toEqual([
      'POST /repos/o/r/issues/7/comments',
      'PATCH /repos/o/r/issues/comments/1',
    ]);
  });

  it('is found on a later page, and nobody else is written over', async () => {
    const others = [
      { id: 1, body: `${mark}\nquoted by a person`, user: { login: 'person' } },
      { id: 2, body: '<!-- gravl-load staging/baseline -->\nanother environment', user: mine },
      { id: 3, body: 'another tool', user: mine },
    ];
    const comments = [...others.map((comment) => ({ ...comment })), { id: 4, body: `${mark}\nold`, user: mine }];
    const { proxy } = await gitHub(comments);
    await runComment(proxy, summary);
    expect(comments).toEqual([...others, { id: 4, body: summary, user: mine }]);
  });

  it('stays away when no run was stored, and below what GitHub takes when a summary is endless', async () => {
    const comments: Comment[] = [];
    const { proxy, requests } = await gitHub(comments);
    await runComment(proxy, undefined);
    expect(requests).toEqual([]);
    await runComment(proxy, `${mark}\n${'long '.repeat(50_000)}`);
    expect(comments[0]?.body.length).toBe(60_000);
  });
});
