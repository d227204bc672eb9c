/** Flows that must and must not pass, declared in a file (k8s/flows.yaml), held against the policies. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { loadDeclared } from '../manifests/declared.ts';
import { Reachability, UnknownEndpointError, type Answer } from './evaluate.ts';
import { podSchema, protocolSchema, type Network, type Protocol } from './model.ts';

const port = z.union([z.int().min(1).max(65535), z.string().min(1)]);
const oneOrMore = <T extends z.ZodType>(schema: T) =>
  z.union([schema, z.array(schema).min(1)]).transform((value) => [value].flat() as z.infer<T>[]);

const flowSchema = z.strictObject({
  from: oneOrMore(z.string().min(1)),
  to: oneOrMore(z.string().min(1)),
  port: oneOrMore(port),
  protocol: protocolSchema.default('TCP'),
  why: z.string().min(1),
});

export const flowsSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** What NAMESPACE stands for, in turn. */
  namespaces: z.array(z.string().min(1)).default([]),
  /** Pods that other teams' manifests make; used where no workload of that name is known. */
  assume: z.array(podSchema.strict()).default([]),
  /** Where the cluster's pods have their addresses; the private ranges by default. */
  podCidrs: z.array(z.union([z.cidrv4(), z.cidrv6()])).optional(),
  must: z.array(flowSchema).default([]),
  mustNot: z.array(flowSchema).default([]),
  /** Of the pairs of these pods that touch one of the namespaces, what `must` does not name is denied. */
  denyRest: z
    .strictObject({
      pods: z.array(z.string().min(1)),
      ports: z.array(z.string().regex(/^\d{1,5}\/(TCP|UDP|SCTP)$/, 'must be a port like 5432/TCP')),
    })
    .optional(),
});

export type Flows = z.infer<typeof flowsSchema>;

export interface FlowResult {
  readonly expected: 'allowed' | 'denied';
  readonly from: string;
  readonly to: string;
  readonly port: number | string;
  readonly protocol: Protocol;
  /** Undefined when an end of the flow does not exist. */
  readonly answer: Answer | undefined;
  readonly ok: boolean;
  /** Why it is wanted. */
  readonly reason: string;
  /** What the policies do with it. */
  readonly why: string;
}

/** @throws LoadError manifests.invalid */
export const loadFlows = (file: string): Promise<Flows> => loadDeclared(file, flowsSchema, 'flows');

type Wanted = Pick<FlowResult, 'expected' | 'from' | 'to' | 'port' | 'protocol' | 'reason'>;

/** The network with the assumed pods that it does not have. */
export function withAssumed(network: Network, flows: Flows): Network {
  const known = new Set(network.pods.map(({ namespace, name }) => `${namespace}/${name}`));
  const assumed = flows.assume.flatMap((pod) =>
    pod.namespace === 'NAMESPACE' ? flows.namespaces.map((namespace) => ({ ...pod, namespace })) : [pod],
  );
  const missing = assumed.filter(({ namespace, name }) => !known.has(`${namespace}/${name}`));
  return { ...network, pods: [...network.pods, ...missing], podCidrs: flows.podCidrs ?? network.podCidrs };
}

/** @param namespaces only these of the declared ones; all by default */
export function checkFlows(network: Network, flows: Flows, namespaces = flows.namespaces): FlowResult[] {
  const reach = new Reachability(withAssumed(network, flows));
  const known = new Set(reach.pods.map(({ text }) => text));
  const ours = (end: string): boolean => namespaces.some((name) => end.startsWith(`${name}/`));
  return wanted(flows, namespaces).map((flow) => {
    for (const end of [flow.from, flow.to]) {
      if (!known.has(end) && isIP(end) === 0) {
        return {
          ...flow,
          answer: undefined,
          ok: false,
          why: `${end} is neither a workload, nor assumed, nor an address`,
        };
      }
    }
    try {
      const { answer, why, egress, ingress } = reach.probe(flow);
      if (flow.expected === 'allowed') return { ...flow, answer, ok: answer === 'allowed', why };
      // Each end of ours has to deny by itself: one policy that is loosened may not open what the other still closes.
      const sides = [...(ours(flow.from) ? [egress] : []), ...(ours(flow.to) ? [ingress] : [])];
      const open = sides.find((side) => side.answer !== 'denied');
      if (answer !== 'denied' || open === undefined) return { ...flow, answer, ok: answer === 'denied', why };
      return { ...flow, answer, ok: false, why: `only one of its ends denies it: ${open.why}` };
    } catch (error) {
      if (!(error instanceof UnknownEndpointError)) throw error;
      return { ...flow, answer: undefined, ok: false, why: error.message };
    }
  });
}

function wanted(flows: Flows, namespaces: readonly string[]): Wanted[] {
  const inEach = (text: string): string[] =>
    text.includes('NAMESPACE') ? namespaces.map((name) => text.replaceAll('NAMESPACE', name)) : [text];
  const expand = (list: Flows['must'], expected: Wanted['expected']): Wanted[] =>
    list.flatMap(({ from, to, port: ports, protocol, why: reason }) =>
      (JSON.stringify([from, to]).includes('NAMESPACE') ? namespaces : ['']).flatMap((namespace) =>
        from.flatMap((source) =>
          to.flatMap((destination) =>
            ports.map((one) => ({
              expected,
              from: source.replaceAll('NAMESPACE', namespace),
              to: destination.replaceAll('NAMESPACE', namespace),
              port: one,
              protocol,
              reason,
            })),
          ),
        ),
      ),
    );
  const must = expand(flows.must, 'allowed');
  const named = new Set(must.map(keyOf));
  const pods = (flows.denyRest?.pods ?? []).flatMap(inEach);
  const ours = (pod: string): boolean => namespaces.some((name) => pod.startsWith(`${name}/`));
  const rest = pods.flatMap((from) =>
    pods
      .filter((to) => from !== to && (ours(from) || ours(to)))
      .flatMap((to) =>
        (flows.denyRest?.ports ?? []).map((text): Wanted => {
          const [number, protocol] = text.split('/');
          return {
            expected: 'denied',
            from,
            to,
            port: Number(number),
            protocol: protocolSchema.parse(protocol),
            reason: 'nothing declares this flow',
          };
        }),
      ),
  );
  return [...must, ...expand(flows.mustNot, 'denied'), ...rest.filter((flow) => !named.has(keyOf(flow)))];
}

const keyOf = ({ from, to, port: number, protocol }: Wanted): string => `${from} ${to} ${number}/${protocol}`;
