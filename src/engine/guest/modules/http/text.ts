/** A value as text, by its own conversion: what k6 does with anything that should have been a string. */
export const textOf = (value: unknown): string => String(value);
