/** Ctrl-C once: end gracefully and keep what was measured. Twice: end at once. */
export interface SignalControls {
  /** Aborted with the signal's name as its reason. */
  readonly stop: AbortSignal;
  readonly force: AbortSignal;
  dispose(): void;
}

export function listenForSignals(stderr: NodeJS.WriteStream): SignalControls {
  const stop = new AbortController();
  const force = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stop.signal.aborted) {
      force.abort(signal);
      return;
    }
    stderr.write('\nEnding: running iterations may finish, results are kept. Once more ends at once.\n');
    stop.abort(signal);
  };
  const names = ['SIGINT', 'SIGTERM'] as const;
  for (const name of names) process.on(name, onSignal);
  return {
    stop: stop.signal,
    force: force.signal,
    dispose() {
      for (const name of names) process.off(name, onSignal);
    },
  };
}
