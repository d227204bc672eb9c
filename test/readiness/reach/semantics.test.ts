import { describe, expect, it } from 'vitest';
import { Reachability } from '../../../src/readiness/reach/evaluate.ts';
import { MatrixBuilder } from '../../../src/readiness/reach/matrix.ts';
import { networkSchema, policySchema } from '../../../src/readiness/reach/model.ts';
import type { z } from 'zod';

type Spec = z.input<typeof policySchema>['spec'];

const pods = [
  {
    namespace: 'x',
    name: 'a',
    labels: { pod: 'a' },
    ip: '10.1.0.1',
    ports: [
      { name: 'serve-80', port: 80 },
      { name: 'dns', port: 53, protocol: 'UDP' as const },
    ],
  },
  {
    namespace: 'x',
    name: 'b',
    labels: { pod: 'b', role: 'db' },
    ip: '10.1.0.2',
    ports: [{ name: 'serve-80', port: 8080 }],
  },
  { namespace: 'y', name: 'a', labels: { pod: 'a' }, ip: '10.2.0.1', ports: [{ name: 'serve-80', port: 80 }] },
  { namespace: 'y', name: 'b', labels: { pod: 'b' }, ip: '10.2.0.2', ports: [] },
];
const namespaces = [
  { name: 'x', labels: { ns: 'x' } },
  { name: 'y', labels: { ns: 'y', team: 'ops' } },
];

function network(...specs: (Spec | { namespace: string; spec: Spec })[]): Reachability {
  const policies = specs.map((entry, i) => {
    const placed = entry != null && 'spec' in entry ? entry : { namespace: 'x', spec: entry };
    return { metadata: { name: `policy-${i}`, namespace: placed.namespace }, spec: placed.spec };
  });
  return new Reachability(networkSchema.parse({ namespaces, pods, policies }));
}

const ask = (reach: Reachability, question: string): boolean => {
  const [from, to, port = '80/TCP'] = question.split(' ') as [string, string, string?];
  const [number, protocol] = port.split('/') as [string, 'TCP' | 'UDP' | 'SCTP'];
  const at = /^\d+$/.test(number) ? Number(number) : number;
  return reach.probe({ from, to, port: at, protocol }).answer === 'allowed';
};

interface Case {
  title: string;
  policies: Parameters<typeof network>;
  allowed: string[];
  denied: string[];
}

const toA = (rule: NonNullable<NonNullable<Spec>['ingress']>[number]): Spec => ({
  podSelector: { matchLabels: { pod: 'a' } },
  ingress: [rule],
});

const cases: Case[] = [
  {
    title: 'no policy: everything is allowed',
    policies: [],
    allowed: ['x/a y/b', 'y/a x/b 53/UDP', '8.8.8.8 x/a', 'x/a 8.8.8.8'],
    denied: [],
  },
  {
    title: 'default deny of ingress leaves egress open',
    policies: [{ podSelector: {}, policyTypes: ['Ingress'] }],
    allowed: ['x/a y/a', 'x/a 1.1.1.1'],
    denied: ['y/a x/a', 'x/b x/a', '1.1.1.1 x/a'],
  },
  {
    title: 'default deny of both directions',
    policies: [{ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }],
    allowed: ['y/a y/b'],
    denied: ['x/a y/a', 'y/a x/a', 'x/a x/b', 'x/a 1.1.1.1'],
  },
  {
    title: 'a missing pod selector and an empty one both select every pod',
    policies: [{ policyTypes: ['Ingress'] }],
    allowed: [],
    denied: ['y/a x/a', 'y/a x/b'],
  },
  {
    title: 'missing policyTypes isolate ingress',
    policies: [{ podSelector: {} }],
    allowed: ['x/a y/a'],
    denied: ['y/a x/a'],
  },
  {
    title: 'missing policyTypes isolate egress as soon as there is an egress rule',
    policies: [{ podSelector: {}, egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }] }],
    allowed: ['x/a y/a 53/UDP'],
    denied: ['x/a y/a 80/TCP', 'y/a x/a'],
  },
  {
    title: 'missing policyTypes with an empty egress list leave egress open',
    policies: [{ podSelector: {}, egress: [] }],
    allowed: ['x/a y/a'],
    denied: ['y/a x/a'],
  },
  {
    title: 'policyTypes Egress ignores ingress rules and leaves ingress open',
    policies: [{ podSelector: {}, policyTypes: ['Egress'], ingress: [] }],
    allowed: ['y/a x/a'],
    denied: ['x/a y/a'],
  },
  {
    title: 'an empty rule allows everything; an empty list of rules nothing',
    policies: [toA({}), { podSelector: { matchLabels: { pod: 'b' } }, ingress: [] }],
    allowed: ['y/b x/a', '9.9.9.9 x/a'],
    denied: ['y/b x/b'],
  },
  {
    title: 'an empty from and an empty ports list mean all',
    policies: [toA({ from: [], ports: [] })],
    allowed: ['y/b x/a 9999/SCTP', '9.9.9.9 x/a'],
    denied: [],
  },
  {
    title: 'policies add up',
    policies: [
      toA({ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] }),
      toA({ from: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }] }),
    ],
    allowed: ['x/b x/a', 'y/a x/a', 'y/b x/a'],
    denied: ['7.7.7.7 x/a'],
  },
  {
    title: 'a pod selector alone means the policy’s own namespace',
    policies: [toA({ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] })],
    allowed: ['x/b x/a'],
    denied: ['y/b x/a'],
  },
  {
    title: 'a namespace selector alone means all its pods',
    policies: [toA({ from: [{ namespaceSelector: { matchLabels: { team: 'ops' } } }] })],
    allowed: ['y/a x/a', 'y/b x/a'],
    denied: ['x/b x/a'],
  },
  {
    title: 'both selectors in one peer: AND',
    policies: [
      toA({ from: [{ namespaceSelector: { matchLabels: { ns: 'y' } }, podSelector: { matchLabels: { pod: 'b' } } }] }),
    ],
    allowed: ['y/b x/a'],
    denied: ['y/a x/a', 'x/b x/a'],
  },
  {
    title: 'both selectors in two peers: OR',
    policies: [
      toA({
        from: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }, { podSelector: { matchLabels: { pod: 'b' } } }],
      }),
    ],
    allowed: ['y/b x/a', 'y/a x/a', 'x/b x/a'],
    denied: ['5.5.5.5 x/a'],
  },
  {
    title: 'empty namespace selector: pods of every namespace, no outside address',
    policies: [toA({ from: [{ namespaceSelector: {} }] })],
    allowed: ['y/b x/a', 'x/b x/a'],
    denied: ['5.5.5.5 x/a'],
  },
  {
    title: 'the name label that the API server gives every namespace',
    policies: [toA({ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'y' } } }] })],
    allowed: ['y/b x/a'],
    denied: ['x/b x/a'],
  },
  {
    title: 'In, NotIn (an absent key is not in), Exists, DoesNotExist',
    policies: [
      toA({
        from: [
          { podSelector: { matchExpressions: [{ key: 'role', operator: 'NotIn', values: ['db'] }] } },
          {
            namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'Exists' }] },
            podSelector: {
              matchExpressions: [
                { key: 'pod', operator: 'In', values: ['b', 'c'] },
                { key: 'role', operator: 'DoesNotExist' },
              ],
            },
          },
        ],
      }),
    ],
    allowed: ['y/b x/a'],
    denied: ['x/b x/a', 'y/a x/a'],
  },
  {
    title: 'a port without a protocol is TCP; a protocol without a port is all its ports',
    policies: [toA({ ports: [{ port: 80 }, { protocol: 'UDP' }] })],
    allowed: ['y/a x/a 80/TCP', 'y/a x/a 53/UDP', 'y/a x/a 9/UDP'],
    denied: ['y/a x/a 81/TCP', 'y/a x/a 80/SCTP'],
  },
  {
    title: 'an empty ports entry is every TCP port',
    policies: [toA({ ports: [{}] })],
    allowed: ['y/a x/a 1/TCP'],
    denied: ['y/a x/a 1/UDP'],
  },
  {
    title: 'port ranges include both ends',
    policies: [toA({ ports: [{ port: 8000, endPort: 8002 }] })],
    allowed: ['y/a x/a 8000/TCP', 'y/a x/a 8002/TCP'],
    denied: ['y/a x/a 7999/TCP', 'y/a x/a 8003/TCP', 'y/a x/a 8001/UDP'],
  },
  {
    title: 'SCTP is a protocol of its own',
    policies: [toA({ ports: [{ port: 80, protocol: 'SCTP' }] })],
    allowed: ['y/a x/a 80/SCTP'],
    denied: ['y/a x/a 80/TCP'],
  },
  {
    title: 'a named port on ingress is the destination’s',
    policies: [{ podSelector: {}, ingress: [{ ports: [{ port: 'serve-80' }] }] }],
    allowed: ['y/a x/a 80/TCP', 'y/a x/b 8080/TCP', 'y/a x/b serve-80/TCP'],
    denied: ['y/a x/b 80/TCP', 'y/a x/a 80/UDP'],
  },
  {
    title: 'a named port on egress is the destination’s too, and never an outside address’s',
    policies: [
      {
        podSelector: { matchLabels: { pod: 'a' } },
        policyTypes: ['Egress'],
        egress: [{ ports: [{ port: 'serve-80' }] }],
      },
    ],
    allowed: ['x/a x/b 8080/TCP', 'x/a y/a 80/TCP'],
    denied: ['x/a x/b 80/TCP', 'x/a y/b 80/TCP', 'x/a 5.5.5.5 80/TCP'],
  },
  {
    title: 'ipBlock with except, for outside addresses and for pods',
    policies: [toA({ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.2.0.2/32'] } }] })],
    allowed: ['10.9.9.9 x/a', 'x/b x/a', 'y/a x/a'],
    denied: ['y/b x/a', '11.0.0.1 x/a'],
  },
  {
    title: 'an excepted address is only not allowed by this rule',
    policies: [
      toA({
        from: [
          { ipBlock: { cidr: '10.0.0.0/8', except: ['10.2.0.2/32'] } },
          { podSelector: {}, namespaceSelector: { matchLabels: { ns: 'y' } } },
        ],
      }),
    ],
    allowed: ['y/b x/a'],
    denied: [],
  },
  {
    title: 'an ipBlock holds addresses of its own family only, also ::/0',
    policies: [toA({ from: [{ ipBlock: { cidr: '::/0' } }] })],
    allowed: ['2001:db8:2::1 x/a'],
    denied: ['1.2.3.4 x/a'],
  },
  {
    title: 'IPv6 blocks',
    policies: [toA({ from: [{ ipBlock: { cidr: '2001:db8::/32', except: ['2001:db8:1::/48'] } }] })],
    allowed: ['2001:db8:2::1 x/a'],
    denied: ['2001:db8:1::1 x/a', '1.2.3.4 x/a'],
  },
  {
    title: 'an address is the same however it is written, and a block may have bits after its prefix',
    policies: [toA({ from: [{ ipBlock: { cidr: '2001:db8::5/32' } }, { ipBlock: { cidr: '192.0.2.77/24' } }] })],
    allowed: ['2001:0DB8:0:0:0:0:0:1 x/a', '192.0.2.1 x/a', '::ffff:192.0.2.1 x/a'],
    denied: ['2001:db9::1 x/a', '192.0.3.1 x/a'],
  },
  {
    title: 'the label of the name is the API server’s: nobody gives a namespace that of another',
    policies: [toA({ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'other' } } }] })],
    allowed: [],
    denied: ['x/b x/a', 'y/b x/a', '5.5.5.5 x/a'],
  },
  {
    title: 'a policy holds in its own namespace only',
    policies: [{ namespace: 'y', spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] } }],
    allowed: ['x/a x/b', 'x/b 1.1.1.1'],
    denied: ['x/a y/a', 'y/a x/a', 'y/a y/b'],
  },
  {
    title: 'the address of a pod is that pod, as source and as destination',
    policies: [toA({ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] })],
    allowed: ['10.1.0.2 10.1.0.1'],
    denied: ['10.2.0.2 10.1.0.1', '10.2.0.2 x/a'],
  },
  {
    title: 'lists that are null are lists that are missing',
    policies: [{ podSelector: {}, policyTypes: null, ingress: null, egress: null }, toA({ from: null, ports: null })],
    allowed: ['y/b x/a', 'x/b y/b'],
    denied: ['y/b x/b'],
  },
  {
    title: 'egress and ingress must both allow',
    policies: [
      {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: [{ to: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }] }],
      },
      {
        namespace: 'y',
        spec: { podSelector: { matchLabels: { pod: 'a' } }, ingress: [{ from: [{ podSelector: {} }] }] },
      },
    ],
    allowed: ['x/a y/b', 'y/b y/a'],
    denied: ['x/a y/a', 'x/a x/b'],
  },
  {
    title: 'a pod always reaches itself',
    policies: [{ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }],
    allowed: ['x/a x/a', '10.1.0.1 x/a'],
    denied: ['x/a x/b'],
  },
];

describe('NetworkPolicy semantics', () => {
  it.each(cases)('$title', ({ policies, allowed, denied }) => {
    const reach = network(...policies);
    for (const question of allowed)
      expect({ question, allowed: ask(reach, question) }).toEqual({ question, allowed: true });
    for (const question of denied)
      expect({ question, allowed: ask(reach, question) }).toEqual({ question, allowed: false });
  });

  it('explains which policy isolates and which rule allows, on either side', () => {
    const reach = network(
      { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
      toA({ from: [{ namespaceSelector: {} }] }),
    );
    const verdict = reach.probe({ from: 'x/b', to: 'x/a', port: 80, protocol: 'TCP' });
    expect(verdict.ingress).toMatchObject({
      answer: 'allowed',
      isolatedBy: ['x/policy-0', 'x/policy-1'],
      allowedBy: 'x/policy-1 ingress[0]',
    });
    expect(verdict.egress).toMatchObject({ answer: 'denied', isolatedBy: ['x/policy-0'], allowedBy: undefined });
    expect(verdict.why).toBe(
      'egress: x/b is isolated by x/policy-0 and no rule allows x/a on 80/TCP; ingress: allowed by x/policy-1 ingress[0]',
    );
  });

  it('answers "unknown" for pods on the host network, unless the other side denies', () => {
    const reach = new Reachability(
      networkSchema.parse({
        namespaces,
        pods: [...pods, { namespace: 'y', name: 'agent', ip: '192.168.0.1', hostNetwork: true }],
        policies: [{ metadata: { name: 'deny', namespace: 'x' }, spec: { podSelector: {}, ingress: [] } }],
      }),
    );
    expect(reach.probe({ from: 'y/a', to: 'y/agent', port: 1, protocol: 'TCP' }).answer).toBe('unknown');
    expect(reach.probe({ from: 'y/agent', to: 'x/a', port: 1, protocol: 'TCP' }).answer).toBe('denied');
    const matrix = new MatrixBuilder(reach).build({ port: 1, protocol: 'TCP' });
    expect([matrix.at(2, 4), matrix.at(4, 0), matrix.at(0, 4)]).toEqual(['unknown', 'denied', 'unknown']);
  });

  it('names the policy whose CIDR cannot be read', () => {
    expect(() => network(toA({ from: [{ ipBlock: { cidr: '10.0.0.0/33' } }] }))).toThrow(
      'NetworkPolicy x/policy-0: "10.0.0.0/33" is not a CIDR; expected an address and a prefix length such as 10.0.0.0/8',
    );
  });

  it('refuses endpoints and named ports that do not exist', () => {
    const reach = network();
    expect(() => reach.probe({ from: 'x/nobody', to: 'x/a', port: 80, protocol: 'TCP' })).toThrow(
      '"x/nobody" is neither a pod',
    );
    expect(() => reach.probe({ from: 'x/a', to: 'x/b', port: 'metrics', protocol: 'TCP' })).toThrow(
      'no TCP port named "metrics"',
    );
  });

  it('takes a workload for several pods: it does not reach itself by being itself', () => {
    const policies = [{ metadata: { name: 'deny', namespace: 'x' }, spec: { podSelector: {}, ingress: [] } }];
    const of = (replicated: boolean) =>
      new Reachability(networkSchema.parse({ pods: [{ namespace: 'x', name: 'web', replicated }], policies }));
    const probe = { from: 'x/web', to: 'x/web', port: 80, protocol: 'TCP' as const };
    expect([of(true).probe(probe).answer, of(false).probe(probe).answer]).toEqual(['denied', 'allowed']);
    const query = { port: 80, protocol: 'TCP' as const };
    expect([of(true), of(false)].map((reach) => new MatrixBuilder(reach).build(query).at(0, 0))).toEqual([
      'denied',
      'allowed',
    ]);
  });

  it('answers "unknown" where an address that is not known decides', () => {
    const rule = (cidr: string, except: string[]) => [{ from: [{ ipBlock: { cidr, except } }] }];
    const ask = (cidr: string, ...except: string[]) => {
      const policies = [{ metadata: { name: 'p', namespace: 'x' }, spec: { ingress: rule(cidr, except) } }];
      const blind = ['a', 'b'].map((name) => ({ namespace: 'x', name }));
      const reach = new Reachability(networkSchema.parse({ pods: blind, policies, podCidrs: ['10.244.0.0/16'] }));
      return reach.probe({ from: 'x/a', to: 'x/b', port: 80, protocol: 'TCP' });
    };
    expect(ask('10.0.0.0/8').answer).toBe('allowed');
    expect(ask('0.0.0.0/0', '10.0.0.0/8').answer).toBe('denied');
    expect(ask('10.244.7.0/24')).toMatchObject({
      answer: 'unknown',
      ingress: { why: 'x/p ingress[0] allows some of the addresses that x/a may have' },
    });
  });

  it.each<[string, object]>([
    ['an empty peer', { ingress: [{ from: [{}] }] }],
    [
      'ipBlock together with a selector',
      { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }] }] },
    ],
    ['a range without its first port', { ingress: [{ ports: [{ endPort: 90 }] }] }],
    ['a range of a named port', { ingress: [{ ports: [{ port: 'http', endPort: 90 }] }] }],
    ['a range that ends before it begins', { ingress: [{ ports: [{ port: 90, endPort: 80 }] }] }],
    ['a port out of range', { ingress: [{ ports: [{ port: 65536 }] }] }],
    ['a number written as a name', { ingress: [{ ports: [{ port: '80' }] }] }],
    ['an unknown protocol', { ingress: [{ ports: [{ protocol: 'ICMP' }] }] }],
    ['an unknown policy type', { policyTypes: ['Both'] }],
    ['In without values', { podSelector: { matchExpressions: [{ key: 'a', operator: 'In', values: [] }] } }],
    ['Exists with values', { podSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] } }],
    ['a misspelt field', { podSelector: {}, ingres: [] }],
  ])('refuses %s, as Kubernetes does', (_, spec) => {
    expect(policySchema.safeParse({ metadata: { name: 'p', namespace: 'x' }, spec }).success).toBe(false);
  });
});
