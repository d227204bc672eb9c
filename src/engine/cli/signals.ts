const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * @param handle called for each signal; `again` from the second one on
 * @returns stops listening
 */
export function onSignals(handle: (signal: string, again: boolean) => void): () => void {
  let seen = 0;
  const listeners = SIGNALS.map((signal) => {
    const listener = (): void => handle(signal, seen++ > 0);
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  return () => {
    for (const forget of listeners) forget();
  };
}
