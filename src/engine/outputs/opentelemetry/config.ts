import type { PostTarget } from '../post.ts';
import { EnvSettings } from '../settings.ts';
import type { OutputContext } from '../types.ts';

export interface OtelConfig {
  readonly serviceName: string;
  readonly serviceVersion: string;
  readonly metricPrefix: string;
  readonly exportIntervalMs: number;
  readonly singleCounterForRate: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: PostTarget['tls'];
  readonly exporter:
    | { readonly protocol: 'http'; readonly url: URL }
    | { readonly protocol: 'grpc'; readonly endpoint: string; readonly insecure: boolean };
}

const PREFIX = 'K6_OTEL_';

function exporter(settings: EnvSettings): OtelConfig['exporter'] {
  const protocol = settings.text('EXPORTER_PROTOCOL') ?? settings.text('EXPORTER_TYPE') ?? 'grpc';
  if (protocol === 'grpc') {
    const endpoint = settings.text('GRPC_EXPORTER_ENDPOINT') ?? 'localhost:4317';
    return { protocol, endpoint, insecure: settings.flag('GRPC_EXPORTER_INSECURE', false) };
  }
  if (protocol !== 'http' && protocol !== 'http/protobuf') {
    throw settings.invalid('EXPORTER_PROTOCOL', protocol, 'grpc or http/protobuf');
  }
  const endpoint = settings.text('HTTP_EXPORTER_ENDPOINT') ?? 'localhost:4318';
  const scheme = settings.flag('HTTP_EXPORTER_INSECURE', false) ? 'http' : 'https';
  const url = `${scheme}://${endpoint}${settings.text('HTTP_EXPORTER_URL_PATH') ?? '/v1/metrics'}`;
  if (endpoint.includes('/') || !URL.canParse(url)) {
    throw settings.invalid('HTTP_EXPORTER_ENDPOINT', endpoint, "host and port only, such as 'localhost:4318'");
  }
  return { protocol: 'http', url: new URL(url) };
}

/**
 * Reads the K6_OTEL_* variables.
 * @throws EngineError (104) that names the variable
 */
export function otelConfig({ env, version }: OutputContext): OtelConfig {
  const settings = new EnvSettings(env, PREFIX);
  const ca = settings.file('TLS_CERTIFICATE');
  const cert = settings.file('TLS_CLIENT_CERTIFICATE');
  const key = settings.file('TLS_CLIENT_KEY');
  return {
    serviceName: settings.text('SERVICE_NAME') ?? 'k6',
    serviceVersion: settings.text('SERVICE_VERSION') ?? version,
    metricPrefix: settings.text('METRIC_PREFIX') ?? '',
    exportIntervalMs: settings.duration('EXPORT_INTERVAL', 10_000),
    singleCounterForRate: settings.flag('SINGLE_COUNTER_FOR_RATE', true),
    headers: Object.fromEntries(settings.pairs('HEADERS', '=')),
    tls: {
      rejectUnauthorized: !settings.flag('TLS_INSECURE_SKIP_VERIFY', false),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
    exporter: exporter(settings),
  };
}
