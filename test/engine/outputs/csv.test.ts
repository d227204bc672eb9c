import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createOutputs } from '../../../src/engine/outputs/index.ts';
import { createCsvOutput, CsvEncoder } from '../../../src/engine/outputs/csv.ts';
import { contextWith, END, feed, temporaryFolder } from './samples.ts';

const TIME = 1_595_325_560_123.4;

function rows(timeFormat: string, samples: Parameters<typeof feed>[0]): string[] {
  const encoder = new CsvEncoder(['name', 'check', 'vu'], timeFormat);
  let text = encoder.header();
  feed(samples, (batch) => (text += encoder.encode(batch)));
  return text.trimEnd().split('\n');
}

describe('CsvEncoder', () => {
  it('has a column per system tag and puts other tags and metadata together', () => {
    expect(
      rows('unix', [
        { metric: 'http_reqs', value: 1, time: TIME, tags: { name: 'a,b "c"', own: 'x&y', z: '1' } },
        { metric: 'vus', value: 2.25, time: TIME, metadata: { vu: '3', iter: '0' } },
      ]),
    ).toEqual([
      'metric_name,timestamp,metric_value,check,name,extra_tags,metadata',
      'http_reqs,1595325560,1.000000,,"a,b ""c""",own=x%26y&z=1,',
      'vus,1595325560,2.250000,,,,iter=0&vu=3',
    ]);
  });

  it.each([
    ['unix_milli', '1595325560123'],
    ['unix_micro', '1595325560123400'],
    ['unix_nano', '1595325560123400000'],
  ])('writes times as %s', (format, expected) => {
    expect(rows(format, [{ metric: 'vus', value: 1, time: TIME }])[1]?.split(',')[1]).toBe(expected);
  });
});

describe('createCsvOutput', () => {
  it('writes to the file of the argument or of the environment', async () => {
    const folder = temporaryFolder();
    const named = join(folder, 'a.csv');
    const fromEnv = join(folder, 'b.csv');
    for (const context of [
      contextWith({ argument: `fileName=${named},timeFormat=rfc3339` }),
      contextWith({ env: { K6_CSV_FILENAME: fromEnv } }),
    ]) {
      const output = createCsvOutput(context);
      await output.start();
      feed([{ metric: 'iterations', value: 1, time: TIME }], (batch) => output.addSamples(batch));
      await output.stop(END);
    }
    expect(readFileSync(named, 'utf8')).toMatch(/\niterations,2020-07-2\dT[\d:]+([+-]\d\d:\d\d|Z),1\.000000,/);
    expect(readFileSync(fromEnv, 'utf8')).toContain('\niterations,1595325560,1.000000,');
  });

  it('keeps its options together where outputs were split at commas', () => {
    const specs = ['csv=fileName=a.csv', 'timeFormat=rfc3339', 'saveInterval=1s', 'json=b.json'];
    expect(createOutputs(specs, contextWith()).description).toBe('csv (a.csv), json (b.json)');
  });

  it.each(['timeFormat=no', 'colour=red'])('refuses %s', (argument) => {
    expect(() => createCsvOutput(contextWith({ argument }))).toThrow(expect.objectContaining({ exitCode: 104 }));
  });
});
