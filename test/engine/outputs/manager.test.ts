import { describe, expect, it } from 'vitest';
import { createOutputs, OutputManager } from '../../../src/engine/outputs/index.ts';
import type { Output } from '../../../src/engine/outputs/types.ts';
import { contextWith, END, feed } from './samples.ts';

function output(over: Partial<Output> = {}): Output {
  return {
    description: 'test',
    metrics: [],
    tags: [],
    start: () => Promise.resolve(),
    addSamples: () => undefined,
    stop: () => Promise.resolve(),
    ...over,
  };
}

describe('OutputManager', () => {
  it('needs what any of its outputs needs', () => {
    const some = output({ metrics: ['vus', 'checks'], tags: ['name'] });
    const other = output({ metrics: ['checks', 'iterations'], tags: ['status'] });
    const manager = new OutputManager([some, other], () => undefined);
    expect(manager.metrics).toEqual(['vus', 'checks', 'iterations']);
    expect(manager.tags).toEqual(['name', 'status']);
    const all = new OutputManager([some, output({ metrics: undefined, tags: undefined })], () => undefined);
    expect([all.metrics, all.tags]).toEqual([undefined, undefined]);
    expect(new OutputManager([], () => undefined)).toMatchObject({ metrics: [], tags: [], description: '-' });
  });

  it('leaves a broken output out, tells so once, and keeps the others going', async () => {
    const { log, logged } = contextWith();
    let taken = 0;
    const broken = output({
      description: 'bad',
      addSamples: () => {
        throw new Error('boom');
      },
      stop: () => Promise.reject(new Error('again')),
    });
    const manager = new OutputManager([broken, output({ addSamples: (batch) => (taken += batch.length) })], log);
    await manager.start();
    for (let i = 0; i < 3; i++) feed([{ metric: 'vus', value: 1 }], (batch) => manager.addSamples(batch));
    await manager.stop(END);
    expect(taken).toBe(3);
    expect(logged).toEqual([
      'error: output bad failed and is left out from here on: boom',
      'error: output bad did not end well: again',
      'warning: output bad missed 2 samples after its failure',
    ]);
  });

  it('stops the outputs that began when another cannot begin', async () => {
    let stopped = 0;
    const good = output({
      stop: () => {
        stopped++;
        return Promise.resolve();
      },
    });
    const bad = output({ start: () => Promise.reject(new Error('no')) });
    await expect(new OutputManager([good, bad], () => undefined).start()).rejects.toThrow('no');
    expect(stopped).toBe(1);
  });
});

describe('createOutputs', () => {
  it('makes outputs by their names', () => {
    const manager = createOutputs(['json=a.json', 'csv=b.csv.gz', 'record=c'], contextWith());
    expect(manager.description).toBe('json (a.json), csv (b.csv.gz), record (c)');
  });

  it.each(['cloud', 'influxdb=http://x', 'kafka', 'statsd', 'toString', 'web-dashboard'])('refuses %s', (spec) => {
    const type = spec.split('=')[0]!;
    expect(() => createOutputs([spec], contextWith())).toThrow(
      `invalid output type '${type}', available types are: csv, experimental-opentelemetry, experimental-prometheus-rw, json, opentelemetry, record`,
    );
  });
});
