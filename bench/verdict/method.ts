/** The part of docs/verdicts.md that does not change with the figures. */
export const method = `# Verdicts

How \`gravl-load\` decides whether a release is worse, and how often it is wrong.

## Method

**A run is one observation.** Requests of one run depend on each other (same caches, same neighbours), so they are never
counted as independent samples. What is compared is one number a run, metric and endpoint, on the logarithmic scale: effects
are relative.

**Comparable runs only.** Environment, profile, scenario set, plan, engine with its major version, and class of the
generating machine must be the same. Otherwise the verdict is "not comparable" with the part that differs. So it is when
other programs used a quarter of the machine more, or less, than in any baseline run (Linux; not known with Docker or a
target on this machine that the run did not start itself).

**Two layers of noise.** Within a run: the moving-block bootstrap (Künsch 1989) over 5-second windows, which keeps the
dependence of neighbouring windows. Between runs: their spread, moderated towards what the runs themselves and an assumed
drift of 2 % predict (Smyth 2004, the moderated t). With few runs the prediction carries the verdict, and fewer than five
baseline runs are called a weak baseline.

**Four outcomes.** *Worse* and *better* need an interval that clears the smallest effect that matters (\`--min-effect\` 5 %
and \`--min-effect-ms\` 1 ms, both) and a p-value that survives Holm's adjustment (1979) over all endpoints and metrics.
*Same* needs the effect inside that margin on both sides, by two one-sided tests of 5 % (Schuirmann 1987). Everything else is
*inconclusive*, with the effect that could have been seen and the further runs that would likely settle it. The overall
verdict is worse when any row is worse; else p95, throughput and error rate of the whole target decide. How often an
unchanged target is called the same depends on its noise: with 5 + 3 runs, times that differ by 2 % from run to run settle,
times that differ by 4 % do not.

**Rates of errors and of failed checks** are compared by exact tests (Fisher; intervals of Clopper and Pearson combined as
Newcombe 1998 does), with a smallest difference of 0.5 percentage points.

**Percentiles need requests.** A run with fewer requests than its lowest percentile threshold needs (20 for p95) is INVALID. So is one whose
generator was the bottleneck (event-loop lag, CPU, late or dropped iterations, planned rate missed), whose target restarted, or
that was interrupted. An invalid run is never compared, and becomes a baseline only with \`baseline save --force\`.

**Histories**: change points by E-divisive (Matteson and James 2014), with a seeded permutation test. **Drift** of a soak:
the Theil-Sen slope with Sen's interval (1968), widened for autocorrelation. **Capacity**: steps of constant arrival rate (open model) up to
the first that fails, bisection to ±5 %, the Universal Scalability Law (Gunther 2007) fitted to what was measured.

**--confirm** repeats (three times at most) after worse or inconclusive; all runs are one candidate, and an alarm stands only
when it is still there with a further run.

The statistics are held against SciPy by a recorded table (\`scripts/stats-reference.py\`, \`test/fixtures/stats\`) and by property tests.
`;
