import type { Chart } from '../html/types.ts';

/** Charts of the same shape differ in their points only. */
export const shapeOf = (charts: readonly Chart[]): string =>
  JSON.stringify(
    charts.map(({ id, views }) => [id, views.map(({ name, lines }) => [name, lines.map(({ label }) => label)])]),
  );
