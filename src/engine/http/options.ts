/** The client's part of the consolidated options (`options/types.ts`); an `Options` object is one of these. */
export interface HttpOptions {
  readonly rps: number | undefined;
  readonly dns: {
    /** Milliseconds; Infinity: for the whole run; 0: never cached. */
    readonly ttl: number;
    readonly select: 'first' | 'random' | 'roundRobin';
    readonly policy: 'preferIPv4' | 'preferIPv6' | 'onlyIPv4' | 'onlyIPv6' | 'any';
  };
  readonly maxRedirects: number;
  readonly userAgent: string;
  readonly batch: number;
  readonly batchPerHost: number;
  readonly httpDebug: 'off' | 'headers' | 'full';
  readonly insecureSkipTLSVerify: boolean;
  readonly tlsCipherSuites: readonly string[] | undefined;
  readonly tlsVersion: { readonly min: TlsVersionName; readonly max: TlsVersionName } | undefined;
  readonly tlsAuth: readonly {
    readonly domains: readonly string[];
    readonly cert: string;
    readonly key: string;
    readonly password: string | undefined;
  }[];
  readonly throw: boolean;
  readonly blacklistIPs: readonly string[];
  readonly blockHostnames: readonly string[];
  /** None: every host. */
  readonly allowHostnames: readonly string[];
  readonly hosts: Readonly<Record<string, string>>;
  readonly noConnectionReuse: boolean;
  readonly noVUConnectionReuse: boolean;
  readonly discardResponseBodies: boolean;
  readonly noCookiesReset: boolean;
  readonly localIPs: string | undefined;
  readonly systemTags: readonly string[];
}

export type TlsVersionName = 'ssl3.0' | 'tls1.0' | 'tls1.1' | 'tls1.2' | 'tls1.3';
