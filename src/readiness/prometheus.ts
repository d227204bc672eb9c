/** Questions to Prometheus and Alertmanager. */
import { z } from 'zod';
import { withoutCredentials } from './address.ts';
import { redactUrl } from '../config/redact.ts';
import { LoadError, messageOf } from '../errors.ts';

const timeoutMs = 15_000;
const sample = z.tuple([z.number(), z.string()]);
const labels = z.record(z.string(), z.string());
const vectorSchema = z.object({
  data: z.object({ result: z.array(z.object({ metric: labels, value: sample })) }),
});
const matrixSchema = z.object({
  data: z.object({ result: z.array(z.object({ metric: labels, values: z.array(sample) })) }),
});
const rulesSchema = z.object({
  data: z.object({
    groups: z.array(
      z.object({ rules: z.array(z.object({ type: z.string(), name: z.string(), health: z.string().optional() })) }),
    ),
  }),
});
const alertsSchema = z.array(z.object({ labels, status: z.object({ state: z.string() }), startsAt: z.string() }));

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** @throws LoadError golive.telemetry */
export async function instant(base: string, query: string): Promise<Sample[]> {
  const body = await ask(base, `/api/v1/query?${new URLSearchParams({ query }).toString()}`, vectorSchema);
  return body.data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
}

/**
 * [seconds since 1970, value] of all series together, in the order of time; what is no number is left out.
 * @throws LoadError golive.telemetry
 */
export async function range(
  base: string,
  query: string,
  fromMs: number,
  toMs: number,
  stepMs: number,
): Promise<(readonly [number, number])[]> {
  const parameters = new URLSearchParams({
    query,
    start: String(fromMs / 1000),
    end: String(toMs / 1000),
    step: String(stepMs / 1000),
  });
  const body = await ask(base, `/api/v1/query_range?${parameters.toString()}`, matrixSchema);
  return body.data.result
    .flatMap(({ values }) => values.map(([time, text]) => [time, Number(text)] as const))
    .filter(([, value]) => Number.isFinite(value))
    .sort(([a], [b]) => a - b);
}

/** The alerts whose rules are loaded, and those of them whose rule fails. @throws LoadError golive.telemetry */
export async function loadedAlerts(base: string): Promise<{ from: string; names: string[]; broken: string[] }> {
  const { data } = await ask(base, '/api/v1/rules?type=alert', rulesSchema);
  const rules = data.groups.flatMap((group) => group.rules).filter(({ type }) => type === 'alerting');
  return {
    from: redactUrl(base),
    names: rules.map(({ name }) => name),
    broken: rules.filter(({ health }) => health === 'err').map(({ name }) => name),
  };
}

/** Alerts that fire now and are neither silenced nor inhibited. @throws LoadError golive.telemetry */
export async function firing(base: string): Promise<Readonly<Record<string, string>>[]> {
  const found = await ask(base, '/api/v2/alerts?active=true&silenced=false&inhibited=false', alertsSchema);
  return found.map((alert) => alert.labels);
}

async function ask<T>(base: string, place: string, schema: z.ZodType<T>): Promise<T> {
  const shown = redactUrl(base);
  let text: string;
  let status: number;
  try {
    const { url, headers } = withoutCredentials(`${base.replace(/\/+$/, '')}${place}`);
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
    status = response.status;
    text = await response.text();
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new LoadError('golive.telemetry', `${shown} cannot be reached: ${messageOf(cause)}`, { cause: error });
  }
  try {
    if (status !== 200) throw new Error(text.slice(0, 200));
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new LoadError('golive.telemetry', `${shown} answers ${status}, and not as it should`, { cause: error });
  }
}
