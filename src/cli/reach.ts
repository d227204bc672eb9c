/** `gravl-load reach` */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { option } from '../config/options.ts';
import * as value from '../config/values.ts';
import { LoadError, messageOf } from '../errors.ts';
import { openCluster } from '../cluster/client.ts';
import { readCluster } from '../readiness/cluster/read.ts';
import { loadManifests, readText } from '../readiness/manifests/load.ts';
import { Reachability, UnknownEndpointError, type Verdict } from '../readiness/reach/evaluate.ts';
import { checkFlows, loadFlows, withAssumed, type FlowResult, type Flows } from '../readiness/reach/flows.ts';
import { protocolSchema, type Network, type Probe } from '../readiness/reach/model.ts';
import { networkOf } from '../readiness/reach/network.ts';
import { answerProbes, probeDocumentSchema } from '../readiness/reach/probes.ts';
import * as render from '../readiness/reach/render.ts';
import { command, type CommandContext } from './command.ts';
import { readStdin } from './input.ts';
import { kubeconfig, textOption as text } from './readiness-options.ts';

export const reachCommand = command({
  usage: 'reach [manifests...]',
  summary: 'prove from the NetworkPolicies who can talk to whom (manifests: k8s by default)',
  options: {
    context: text('--context <name>', 'read a running cluster instead of the manifests: a context of the kubeconfig'),
    kubeconfig,
    from: text('--from <endpoint>', 'one question: namespace/workload or an address'),
    to: text('--to <endpoint>', 'namespace/workload:port/protocol, or address:port; [address]:port for IPv6'),
    flows: text('--flows <file>', 'check the flows declared there: exit code 5 when one is broken'),
    against: text('--against <dir>', 'what changed since the manifests of that folder'),
    jsonIn: text(
      '--json-in <file>',
      'network and probes as one JSON document; answers as JSON (- is the standard input)',
    ),
    json: option({ flags: '--json', help: 'print one JSON document', schema: value.flag, fallback: false }),
    markdown: option({ flags: '--markdown', help: 'print a Markdown table', schema: value.flag, fallback: false }),
    html: text('--html <file>', 'write the matrix as a page too'),
  },
  examples: [
    ['gravl-load reach', 'every workload to every port: . allowed, X denied, ? unknown'],
    [
      'gravl-load reach --from gravl-staging/frontend --to gravl-staging/postgres:5432/TCP',
      'one question, with the reason',
    ],
    ['gravl-load reach --flows k8s/flows.yaml', 'the declared flows hold and nothing else passes'],
    ['gravl-load reach --context gravl-prod --flows k8s/flows.yaml', 'the same of the running cluster'],
    ['gravl-load reach k8s --against ../main/k8s', 'what a change of the policies opens and closes'],
  ],
  async run(values, manifests, { cwd, stdout }) {
    const at = (file: string): string => path.resolve(cwd, file);
    const print = (document: unknown): boolean => stdout.write(`${JSON.stringify(document, undefined, 2)}\n`);
    if (values.jsonIn !== undefined) {
      print(answerDocument(values.jsonIn, await readDocument(values.jsonIn, at)));
      return 0;
    }
    if ((values.from === undefined) !== (values.to === undefined)) {
      throw new LoadError('usage.invalid', '--from and --to belong together');
    }
    const read = async (places: readonly string[]): Promise<Network> =>
      networkOf(await loadManifests(places.map((place) => relativeIn(cwd, place))));
    if (values.context !== undefined && manifests.length > 0) {
      throw new LoadError('usage.invalid', 'give either --context or manifests: where the policies are');
    }
    const network =
      values.context === undefined
        ? await read(manifests.length > 0 ? manifests : ['k8s'])
        : networkOf(await readCluster(openCluster(values.context, values.kubeconfig && at(values.kubeconfig))));
    const flows = values.flows === undefined ? undefined : await loadFlows(at(values.flows));
    const full = flows === undefined ? network : withAssumed(network, flows);

    if (values.from !== undefined && values.to !== undefined) {
      const probe = { from: values.from, ...destination(values.to) };
      const verdict = ask(full, probe);
      if (values.json) print({ ...probe, ...verdict });
      else stdout.write(explain(probe, verdict));
      return 0;
    }
    const table = render.tableOf(full);
    if (values.html !== undefined) await writePage(at(values.html), render.renderHtml(table));
    if (values.against !== undefined) {
      const before = await read([values.against]);
      const changes = render.diffTables(
        render.tableOf(flows === undefined ? before : withAssumed(before, flows)),
        table,
      );
      if (values.json) print({ changes });
      else stdout.write(render.renderChanges(changes));
      return 0;
    }
    if (flows !== undefined) return reportFlows(full, flows, values.json, stdout);
    if (values.json) print(table);
    else stdout.write(values.markdown ? render.renderMarkdown(table) : render.renderText(table));
    return 0;
  },
});

/** File names in messages as people gave them. */
const relativeIn = (cwd: string, place: string): string =>
  path.resolve(place) === path.resolve(cwd, place) ? place : path.resolve(cwd, place);

async function readDocument(file: string, at: (file: string) => string): Promise<string> {
  // Probes of every pair of a large cluster take their place.
  if (file !== '-') return readText(at(file), 512 * 1024 * 1024);
  return (await readStdin()).toString('utf8');
}

function answerDocument(file: string, raw: string): ReturnType<typeof answerProbes> {
  let document: unknown;
  try {
    document = JSON.parse(raw);
  } catch (error) {
    throw new LoadError('manifests.invalid', `${file} is not JSON: ${messageOf(error)}`, { cause: error });
  }
  const result = probeDocumentSchema.safeParse(document);
  if (!result.success) {
    const problems = result.error.issues.map(
      (issue) => `${file}: ${issue.path.map(String).join('.')}: ${issue.message}`,
    );
    throw new LoadError('manifests.invalid', `${file} is not a network with probes:`, { problems });
  }
  try {
    return answerProbes(result.data);
  } catch (error) {
    if (error instanceof RangeError)
      throw new LoadError('manifests.invalid', `${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** `namespace/workload:5432/TCP`, `10.0.0.1:80`, `[fd00::1]:80`. */
function destination(given: string): Pick<Probe, 'to' | 'port' | 'protocol'> {
  const match = /^(?:\[(?<six>[0-9a-fA-F:.]+)\]|(?<to>[^:\s]+)):(?<port>[a-z0-9-]+)(?:\/(?<protocol>\w+))?$/.exec(
    given,
  );
  const { six, to = six, port = '', protocol = 'TCP' } = match?.groups ?? {};
  const known = protocolSchema.safeParse(protocol.toUpperCase());
  const number = /^\d+$/.test(port) ? Number(port) : port;
  const inRange = typeof number === 'string' || z.int().min(1).max(65535).safeParse(number).success;
  if (to === undefined || port === '' || !known.success || !inRange) {
    throw new LoadError(
      'usage.invalid',
      `--to: must be like gravl-prod/postgres:5432/TCP (port 1 to 65535 or its name; TCP, UDP or SCTP), not "${given}"`,
    );
  }
  return { to, port: number, protocol: known.data };
}

function ask(network: Network, probe: Probe): Verdict {
  try {
    return new Reachability(network).probe(probe);
  } catch (error) {
    if (!(error instanceof UnknownEndpointError)) throw error;
    const known = network.pods.map(({ namespace, name }) => `${namespace}/${name}`);
    throw new LoadError('usage.invalid', `${error.message}. Known: ${known.join(', ')}`, {
      hint: 'Pods outside these manifests can be assumed in a file given with --flows.',
    });
  }
}

function explain(probe: Probe, { answer, egress, ingress }: Verdict): string {
  return [
    `${probe.from} → ${probe.to}:${probe.port}/${probe.protocol}: ${answer.toUpperCase()}`,
    `  egress of ${probe.from}: ${egress.why}`,
    `  ingress of ${probe.to}: ${ingress.why}`,
    '',
  ].join('\n');
}

function reportFlows(network: Network, flows: Flows, json: boolean, stdout: CommandContext['stdout']): number {
  const results = checkFlows(network, flows);
  const broken = results.filter(({ ok }) => !ok);
  if (json) stdout.write(`${JSON.stringify({ ok: broken.length === 0, results }, undefined, 2)}\n`);
  else {
    for (const flow of broken) stdout.write(brokenFlow(flow));
    stdout.write(`${results.length - broken.length} of ${results.length} flows hold\n`);
  }
  return broken.length === 0 ? 0 : 5;
}

const brokenFlow = ({ from, to, port, protocol, expected, answer, reason, why }: FlowResult): string =>
  `BROKEN ${from} → ${to}:${port}/${protocol}: must be ${expected}, is ${answer ?? 'not known'} (${reason})\n  ${why}\n`;

async function writePage(file: string, page: string): Promise<void> {
  try {
    await writeFile(file, page);
  } catch (error) {
    throw new LoadError('usage.invalid', `--html: ${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}
