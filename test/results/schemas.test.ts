import { expect, it } from 'vitest';
import { z } from 'zod';
import { runRecordSchema, seriesLineSchema } from '../../src/results/record.ts';

it.each([
  ['run', runRecordSchema],
  ['series-line', seriesLineSchema],
])('docs/schemas/%s.json is what the code reads and writes (npm run docs writes it)', async (name, schema) => {
  const text = `${JSON.stringify(z.toJSONSchema(schema), undefined, 2)}\n`;
  await expect(text).toMatchFileSnapshot(`../../docs/schemas/${name}.json`);
});
