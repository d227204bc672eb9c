/**
 * The full matrix of a large cluster: 500 pods, 200 policies, every pod to every declared port of every pod.
 *
 *     npx esbuild bench/micro/reach/matrix.ts --bundle --packages=external --platform=node --format=esm --outfile=.cache/matrix.mjs && node .cache/matrix.mjs
 */
import { networkSchema } from '../../../src/readiness/reach/model.ts';
import { tableOf } from '../../../src/readiness/reach/render.ts';

const PODS = 500;
const POLICIES = 200;
const ROUNDS = 7;

const space = (n: number): string => `ns-${n % 20}`;
const app = (n: number): string => `app-${n % 50}`;
const select = (n: number) => ({ matchLabels: { app: app(n) } });
const peers = (n: number) => [
  { podSelector: select(n + 1) },
  { namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'In', values: [`t${n % 5}`] }] } },
  { ipBlock: { cidr: '10.0.0.0/8', except: [`10.0.${n}.0/24`, '10.1.0.0/16'] } },
];
const ports = [{ port: 'http' }, { port: 9000, endPort: 9100 }, { port: 53, protocol: 'UDP' }];

const network = networkSchema.parse({
  namespaces: Array.from({ length: 20 }, (_, n) => ({ name: space(n), labels: { team: `t${n % 5}` } })),
  pods: Array.from({ length: PODS }, (_, n) => ({
    namespace: space(n),
    name: `pod-${n}`,
    labels: { app: app(n) },
    ip: `10.0.${n >> 8}.${n & 255}`,
    ports: [
      { name: 'http', port: 8000 + (n % 7) },
      { name: 'metrics', port: 9000 + (n % 3) },
    ],
  })),
  policies: Array.from({ length: POLICIES }, (_, n) => ({
    metadata: { name: `policy-${n}`, namespace: space(n) },
    spec: {
      podSelector: n % 4 === 0 ? {} : select(n),
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: peers(n), ports }, { from: peers(n + 7) }],
      egress: [{ to: peers(n), ports }],
    },
  })),
});

const times = Array.from({ length: ROUNDS }, () => {
  const start = performance.now();
  const { rows, columns } = tableOf(network);
  return { ms: performance.now() - start, cells: rows.length * columns.length };
}).sort((a, b) => a.ms - b.ms);
const at = (share: number): string => (times[Math.floor((times.length - 1) * share)]?.ms ?? 0).toFixed(0);
console.log(`${PODS} pods, ${POLICIES} policies, ${times[0]?.cells ?? 0} cells: ${at(0.5)} ms (${at(0)} to ${at(1)})`);
