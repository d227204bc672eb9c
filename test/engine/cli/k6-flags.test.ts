/** The flags there are against those k6 documents. */
import { describe, expect, it } from 'vitest';
import { runFlags } from '../../../src/engine/cli/flag-sets.ts';
import { optionTable, type OptionSpec } from '../../../src/engine/options/table.ts';
import { runtimeTable, type RuntimeSpec } from '../../../src/engine/options/runtime.ts';

/**
 * What k6 2.2's documentation lists for `k6 run` (options reference, feature flags) besides flags for cloud runs.
 * The code has to know every one of them.
 */
const K6_FLAGS = `
  address batch batch-per-host blacklist-ip block-hostnames compatibility-mode config console-output
  discard-response-bodies dns duration env execution-segment execution-segment-sequence features help http-debug
  include-system-env-vars insecure-skip-tls-verify iterations linger local-ips log-format log-output max-redirects
  min-iteration-duration new-machine-readable-summary no-color no-connection-reuse no-setup no-teardown no-thresholds
  no-usage-report no-vu-connection-reuse out paused profiling-enabled quiet rps secret-source stage summary-export
  summary-mode summary-time-unit summary-trend-stats system-tags tag throw traces-output type user-agent verbose vus`
  .trim()
  .split(/\s+/);

const K6_SHORT = Array.from('acdefhilopqstuvw');

describe('flags', () => {
  const known = new Map(runFlags().map((flag) => [flag.name, flag]));

  it('are all there that k6 documents, and any more are ours by name', () => {
    expect(K6_FLAGS.filter((name) => !known.has(name))).toEqual([]);
    const all = [
      ...Object.values<RuntimeSpec<unknown>>(runtimeTable),
      ...Object.values<OptionSpec<unknown>>(optionTable),
    ];
    const own = all.flatMap(({ ours, flag }) => (ours && flag ? [flag.name] : []));
    expect([...known.keys()].sort()).toEqual([...K6_FLAGS, ...own].sort());
  });

  it('have the short names k6 documents', () => {
    const short = [...known.values()].flatMap((flag) => flag.short ?? []);
    expect(short.sort()).toEqual(K6_SHORT);
  });
});
