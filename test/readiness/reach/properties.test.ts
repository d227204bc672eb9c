import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reachability } from '../../../src/readiness/reach/evaluate.ts';
import { MatrixBuilder } from '../../../src/readiness/reach/matrix.ts';
import { networkSchema } from '../../../src/readiness/reach/model.ts';
import { naiveAllowed } from './naive.ts';

const RUNS = Number(process.env['REACH_RUNS'] ?? 400);

const key = fc.constantFrom('app', 'tier', 'team');
const value = fc.constantFrom('a', 'b', 'c');
const labels = fc.dictionary(key, value, { maxKeys: 3 });
const namespaceName = fc.constantFrom('one', 'two', 'three');
const protocol = fc.constantFrom('TCP' as const, 'UDP' as const, 'SCTP' as const);
const port = fc.constantFrom(53, 80, 81, 82, 5432);
const portName = fc.constantFrom('http', 'db');
const ip = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 6 })).map(([a, b]) => `10.0.${a}.${b}`);

const selector = fc.record(
  {
    matchLabels: labels,
    matchExpressions: fc.array(
      fc.oneof(
        fc.record({
          key,
          operator: fc.constantFrom('In' as const, 'NotIn' as const),
          values: fc.array(value, { minLength: 1, maxLength: 2 }),
        }),
        fc.record({ key, operator: fc.constantFrom('Exists' as const, 'DoesNotExist' as const) }),
      ),
      { maxLength: 2 },
    ),
  },
  { requiredKeys: [] },
);
const nsSelector = fc.oneof(
  selector,
  namespaceName.map((name) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })),
);
const cidr = fc.constantFrom('0.0.0.0/0', '10.0.0.0/16', '10.0.1.0/24', '10.0.0.0/23', '10.0.2.3/32', '10.0.3.4/30');
const peer = fc.oneof(
  fc.record({ podSelector: selector }),
  fc.record({ namespaceSelector: nsSelector }),
  fc.record({ podSelector: selector, namespaceSelector: nsSelector }),
  fc.record({ ipBlock: fc.record({ cidr, except: fc.array(cidr, { maxLength: 2 }) }, { requiredKeys: ['cidr'] }) }),
);
const policyPort = fc.oneof(
  fc.record({ protocol, port: fc.oneof(port, portName) }, { requiredKeys: [] }),
  fc.record({ protocol, port: fc.constant(80), endPort: fc.constantFrom(80, 81, 5432) }),
);
const lists = { ports: fc.array(policyPort, { maxLength: 2 }) };
const peers = fc.array(peer, { maxLength: 3 });
const policy = fc.record({
  metadata: fc.record({ name: fc.string({ minLength: 1, maxLength: 4 }), namespace: namespaceName }),
  spec: fc.record(
    {
      podSelector: selector,
      policyTypes: fc.subarray(['Ingress' as const, 'Egress' as const]),
      ingress: fc.array(fc.oneof(fc.record({ ...lists, from: peers }, { requiredKeys: [] }), fc.constant(null)), {
        maxLength: 2,
      }),
      egress: fc.array(fc.record({ ...lists, to: peers }, { requiredKeys: [] }), { maxLength: 2 }),
    },
    { requiredKeys: [] },
  ),
});
const network = fc
  .record({
    namespaces: fc
      .array(fc.record({ name: namespaceName, labels }), { maxLength: 3 })
      .map((list) => [...new Map(list.map((n) => [n.name, n])).values()]),
    pods: fc
      .array(
        fc.record({
          namespace: namespaceName,
          labels,
          ip,
          ports: fc.array(fc.record({ name: portName, port, protocol }), { maxLength: 2 }),
        }),
        { minLength: 2, maxLength: 5 },
      )
      .map((pods) =>
        [...new Map(pods.map((pod) => [pod.ip, pod])).values()].map((pod, i) => ({ ...pod, name: `p${i}` })),
      ),
    policies: fc.array(policy, { maxLength: 5 }),
  })
  .map((n) => networkSchema.parse(n));

describe('reachability against the naive evaluator', () => {
  it('agrees for every pair, port and protocol, in single questions and in the matrix', () => {
    let denied = 0;
    let allowed = 0;
    fc.assert(
      fc.property(network, port, protocol, (net, p, proto) => {
        const reach = new Reachability(net);
        const matrix = new MatrixBuilder(reach).build({ port: p, protocol: proto });
        for (const [i, from] of net.pods.entries()) {
          for (const [j, to] of net.pods.entries()) {
            const expected = naiveAllowed(net, from, to, p, proto) ? 'allowed' : 'denied';
            if (expected === 'allowed') allowed++;
            else denied++;
            expect(reach.connect(reach.pods[i]!, reach.pods[j]!, p, proto).answer).toBe(expected);
            expect(matrix.at(i, j)).toBe(expected);
          }
        }
      }),
      { numRuns: RUNS },
    );
    expect(Math.min(denied, allowed)).toBeGreaterThan(RUNS / 4);
  });

  it('agrees for addresses outside the cluster, both ways', () => {
    fc.assert(
      fc.property(network, ip, port, protocol, (net, address, p, proto) => {
        fc.pre(!net.pods.some((pod) => pod.ip === address));
        const reach = new Reachability(net);
        for (const [i, pod] of net.pods.entries()) {
          const outside = reach.endpoint(address);
          const self = reach.pods[i]!;
          expect(reach.connect(self, outside, p, proto).answer === 'allowed').toBe(
            naiveAllowed(net, pod, address, p, proto),
          );
          expect(reach.connect(outside, self, p, proto).answer === 'allowed').toBe(
            naiveAllowed(net, address, pod, p, proto),
          );
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('says of pods whose address is not known only what holds for every address they may have', () => {
    let unknown = 0;
    fc.assert(
      fc.property(network, port, protocol, fc.array(ip, { minLength: 5, maxLength: 5 }), (net, p, proto, addresses) => {
        fc.pre(new Set(addresses).size === addresses.length);
        const podCidrs = ['10.0.0.0/22'];
        const blind = new Reachability({ ...net, podCidrs, pods: net.pods.map((pod) => ({ ...pod, ip: undefined })) });
        const matrix = new MatrixBuilder(blind).build({ port: p, protocol: proto });
        const seeing = { ...net, pods: net.pods.map((pod, i) => ({ ...pod, ip: addresses[i] })) };
        for (const [i, from] of seeing.pods.entries()) {
          for (const [j, to] of seeing.pods.entries()) {
            const { answer } = blind.connect(blind.pods[i]!, blind.pods[j]!, p, proto);
            expect(matrix.at(i, j)).toBe(answer);
            if (answer === 'unknown') unknown++;
            else expect(answer).toBe(naiveAllowed(seeing, from, to, p, proto) ? 'allowed' : 'denied');
          }
        }
      }),
      { numRuns: RUNS },
    );
    expect(unknown).toBeGreaterThan(0);
  });
});
