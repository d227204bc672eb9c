/** The environments that Gravl has. gravl-load.config.ts may change them and add others. */
export interface Environment {
  /** Null: the run starts the stand-in target. */
  readonly baseUrl: string | null;
  readonly metricsUrl: string | null;
  /** What it means when the metrics endpoint does not answer: an error, one scenario less, or never asked. */
  readonly metrics: 'required' | 'optional' | 'off';
  /** Load is sent only with --yes. */
  readonly confirm: boolean;
  /** Profiles that are allowed; null for all. */
  readonly profiles: readonly string[] | null;
  /** Most users, and most iterations per second, that a run may ask for; null for no limit. */
  readonly maxVus: number | null;
  readonly maxRate: number | null;
  /** Most requests per second, whatever the scenarios do: the engine holds them back. Null for no limit. */
  readonly maxRps: number | null;
  /**
   * Hosts that load may be sent to besides those of the addresses above: names, `*.suffix`, or `private` for one's own
   * network. This machine itself is always allowed.
   */
  readonly hosts: readonly string[];
}

export const environments: Readonly<Record<string, Environment>> = {
  local: {
    baseUrl: null,
    metricsUrl: null,
    metrics: 'optional',
    confirm: false,
    profiles: null,
    maxVus: null,
    maxRate: null,
    maxRps: null,
    hosts: ['private'],
  },
  staging: {
    baseUrl: 'https://staging.gravl.app',
    metricsUrl: null,
    metrics: 'optional',
    confirm: false,
    profiles: null,
    maxVus: null,
    maxRate: null,
    maxRps: null,
    hosts: [],
  },
  production: {
    baseUrl: 'https://gravl.app',
    metricsUrl: null,
    metrics: 'optional',
    confirm: true,
    profiles: ['smoke', 'baseline'],
    maxVus: 10,
    maxRate: 20,
    maxRps: 100,
    hosts: [],
  },
};
