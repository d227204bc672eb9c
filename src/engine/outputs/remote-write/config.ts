import { EngineError, ExitCode } from '../../contracts/errors.ts';
import { trendStat } from '../../metrics/sinks.ts';
import { TrendSink } from '../../metrics/trend.ts';
import type { PostTarget } from '../post.ts';
import { EnvSettings } from '../settings.ts';
import type { OutputContext } from '../types.ts';

export interface RemoteWriteConfig {
  readonly target: PostTarget;
  readonly pushIntervalMs: number;
  readonly trendStats: readonly string[];
  readonly nativeHistograms: boolean;
  readonly staleMarkers: boolean;
  readonly labels: readonly (readonly [name: string, value: string])[];
}

const PREFIX = 'K6_PROMETHEUS_RW_';
/** What asked for the feature native-histograms before there were features. */
const OLD_HISTOGRAMS = 'TREND_AS_NATIVE_HISTOGRAM';
const DEFAULT_URL = 'http://localhost:9090/api/v1/write';

function serverUrl(settings: EnvSettings, argument: string | undefined): URL {
  const text = argument ?? settings.text('SERVER_URL') ?? DEFAULT_URL;
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw settings.invalid('SERVER_URL', text, 'an http:// or https:// URL');
  }
  return new URL(text);
}

function trendStats(settings: EnvSettings): string[] {
  const text = settings.text('TREND_STATS') ?? 'p(99)';
  const stats = text.split(',').map((stat) => stat.trim());
  const empty = new TrendSink();
  if (stats.every((stat) => trendStat(empty, stat) !== undefined)) return stats;
  throw settings.invalid('TREND_STATS', text, 'count, sum, min, max, avg, med and p(N), with commas between them');
}

function authorization(settings: EnvSettings): string | undefined {
  const [user, password] = [settings.text('USERNAME'), settings.text('PASSWORD')];
  const token = settings.text('BEARER_TOKEN');
  if (user !== undefined) return `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`;
  return token === undefined ? undefined : `Bearer ${token}`;
}

function minVersion(settings: EnvSettings): 'TLSv1.2' | 'TLSv1.3' {
  const version = settings.text('TLS_MIN_VERSION') ?? '1.3';
  if (version === '1.2') return 'TLSv1.2';
  if (version === '1.3') return 'TLSv1.3';
  throw settings.invalid('TLS_MIN_VERSION', version, '1.2 or 1.3');
}

/**
 * Reads the K6_PROMETHEUS_RW_* variables.
 * @throws EngineError (104) that names the variable
 */
export function remoteWriteConfig({ env, argument, version, nativeHistograms, log }: OutputContext): RemoteWriteConfig {
  const settings = new EnvSettings(env, PREFIX);
  if (env[`${PREFIX}${OLD_HISTOGRAMS}`] !== undefined) {
    log('warning', `${PREFIX}${OLD_HISTOGRAMS} is deprecated: use --features native-histograms or K6_FEATURES`);
  }
  if (settings.startingWith('SIGV4_').length > 0) {
    throw new EngineError(
      `${PREFIX}SIGV4_* is not supported: requests cannot be signed for AWS`,
      ExitCode.invalidConfig,
      { hint: 'send to a local Prometheus or agent that signs, or run this script with --engine k6' },
    );
  }
  const own = [...settings.startingWith('HEADERS_'), ...settings.pairs('HTTP_HEADERS', ':')];
  const auth = authorization(settings);
  const labels = settings.pairs('LABELS', '=').filter(([name, value]) => name !== '__name__' && value !== '');
  const [cert, key] = [settings.file('CLIENT_CERTIFICATE'), settings.file('CLIENT_CERTIFICATE_KEY')];
  return {
    target: {
      url: serverUrl(settings, argument),
      headers: {
        'user-agent': `gravl-k6/${version}`,
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
        ...(auth === undefined ? {} : { authorization: auth }),
        ...Object.fromEntries(own.map(([name, value]) => [name.toLowerCase(), value])),
      },
      tls: {
        rejectUnauthorized: !settings.flag('INSECURE_SKIP_TLS_VERIFY', false),
        minVersion: minVersion(settings),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
      },
    },
    pushIntervalMs: settings.duration('PUSH_INTERVAL', 5000),
    trendStats: trendStats(settings),
    nativeHistograms: settings.flag(OLD_HISTOGRAMS, nativeHistograms),
    staleMarkers: settings.flag('STALE_MARKERS', false),
    labels,
  };
}
