import type { Chart } from './types.ts';

const titles: Readonly<Record<string, string>> = {
  latency: 'Latency',
  rate: 'Requests per second',
  errors: 'Failed requests',
  vus: 'Virtual users',
  distribution: 'Latency by percentile',
};

/** A chart's caption; that of a server's metric is its name. */
export const chartTitle = ({ id, views }: Chart): string => titles[id] ?? views[0]?.lines[0]?.label ?? id;
