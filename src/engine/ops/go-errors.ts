/** Network failures in the words scripts and dashboards know from k6. */

const TEXTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  ECONNRESET: 'read: connection reset by peer',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'i/o timeout',
};

interface NetworkError {
  readonly code?: unknown;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
  readonly errors?: readonly unknown[];
}

/** @param error what Node gives; its own message when it is not a network failure */
export function goMessage(error: Error): string {
  const { code, address, port, hostname, errors } = error as NetworkError;
  // Several addresses were tried: the first failure tells.
  const [first] = errors ?? [];
  if (first instanceof Error) return goMessage(first);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `lookup ${hostname ?? ''}: no such host`;
  const text = typeof code === 'string' ? TEXTS[code] : undefined;
  if (text === undefined) return error.message;
  return address === undefined ? text : `dial tcp ${address}:${port ?? 0}: ${text}`;
}
