/** Milliseconds of a clock that all threads share and nobody sets. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e6;
