// The rows of the table, in the order they are printed. A row measures; main.mjs judges and prints.
import { arrivals, cpu, latency, manyVus, memory1000, memory5000, soak, soakTags, startUp } from './cost.mjs';
import { exact, ids, scaling, throughput } from './throughput.mjs';

export const rows = [
  throughput,
  exact,
  ids,
  scaling,
  cpu,
  memory1000,
  memory5000,
  manyVus,
  latency,
  arrivals,
  startUp,
  soak,
  soakTags,
];
