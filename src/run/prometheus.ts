/** Reads Prometheus' text format, as far as a load test wants it: one number a metric. */

const sampleLine =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s+([+-]?(?:Inf|NaN|[\d.]+(?:[eE][+-]?\d+)?))(?:\s+-?\d+)?$/i;
/** Parts of histograms and summaries, information metrics: their sums over labels mean nothing. */
const withoutMeaning = /(_bucket|_created|_info|_version)$/;

/**
 * Values by metric name; those with labels are summed over them (a summary's quantiles left out). Lines that are no
 * samples are skipped: what a target says beyond the format must not end a run.
 */
export function parseMetrics(text: string): Record<string, number> {
  const values: Record<string, number> = {};
  for (const line of text.split('\n')) {
    const [, name, labels = '', written] = sampleLine.exec(line.trim()) ?? [];
    if (name === undefined || written === undefined || withoutMeaning.test(name)) continue;
    if (/(^|,)\s*quantile=/.test(labels)) continue;
    const value = Number(written.replace(/inf/i, 'Infinity'));
    if (Number.isFinite(value)) values[name] = (values[name] ?? 0) + value;
  }
  return values;
}
