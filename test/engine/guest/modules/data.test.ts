import { describe, expect, it, vi } from 'vitest';
import { dataModule } from '../../../../src/engine/guest/modules/data.ts';
import { testVu } from './module-context.ts';

interface Row {
  name: string;
  n?: number | undefined;
}
type Constructor = new (name: unknown, build: unknown) => Row[];
const constructorIn = (stage: 'init' | 'vu') => dataModule(testVu(stage).ctx)['SharedArray'] as Constructor;
const people = () => [
  { name: 'anna', n: 40 },
  { name: 'bert', n: 20 },
  { name: 'zoe', n: undefined },
];
let count = 0;
const build = () => new (constructorIn('init'))(`people ${++count}`, people);

describe('SharedArray', () => {
  it('is built once, however many VUs construct it', () => {
    const builder = vi.fn(people);
    const arrays = [1, 2, 3].map(() => new (constructorIn('init'))('once', builder));
    expect(builder).toHaveBeenCalledTimes(1);
    expect(arrays.map((array) => array[1]!.name)).toEqual(['bert', 'bert', 'bert']);
  });

  it('reads like an array', () => {
    const data = build();
    expect(Array.isArray(data)).toBe(true);
    expect([data.length, data[99], 'n' in data[2]!, 2 in data, 3 in data]).toEqual([3, undefined, false, true, false]);
    expect(data.map((p) => p.name).join()).toBe('anna,bert,zoe');
    expect(data.filter((p) => (p.n ?? 0) > 30)).toEqual([{ name: 'anna', n: 40 }]);
    expect([data.at(-1)!.name, data.find((p) => p.n === 20)!.name, data.reduce((s, p) => s + (p.n ?? 0), 0)]).toEqual([
      'zoe',
      'bert',
      60,
    ]);
    expect([...data].length).toBe(3);
    expect(data.slice(1).length).toBe(2);
    expect(Object.keys(data)).toEqual(['0', '1', '2']);
    expect(data.concat([{ name: 'x' }]).length).toBe(4);
    expect(JSON.stringify(data)).toBe('[{"name":"anna","n":40},{"name":"bert","n":20},{"name":"zoe"}]');
    expect(data.entries().next().value).toEqual([0, { name: 'anna', n: 40 }]);
  });

  it('gives a fresh frozen copy each time, frozen all the way down', () => {
    const data = new (constructorIn('init'))('deep', () => [{ name: 'a', list: [{ b: 1 }] }]) as unknown as {
      list: { b: number }[];
    }[];
    expect(data[0]).not.toBe(data[0]);
    expect(Object.isFrozen(data[0]!.list[0])).toBe(true);
    expect(() => (data[0]!.list[0]!.b = 2)).toThrow(TypeError);
  });

  it.each<[string, (data: Row[]) => unknown]>([
    ['assignment', (data) => (data[0] = { name: 'x' })],
    ['push', (data) => data.push({ name: 'x' })],
    ['sort', (data) => data.sort(() => 0)],
    ['a new length', (data) => (data.length = 0)],
    ['delete', (data) => Reflect.deleteProperty(data, 0)],
    ['defineProperty', (data) => Object.defineProperty(data, 'x', { value: 1 })],
    ['setPrototypeOf', (data) => Object.setPrototypeOf(data, null) as unknown],
    ['freeze', (data) => Object.freeze(data)],
  ])('refuses %s', (_what, change) => {
    expect(() => change(build())).toThrow('SharedArray is immutable');
  });

  it('says what is wrong with its arguments', () => {
    const SharedArray = constructorIn('init');
    expect(() => new (constructorIn('vu'))('late', () => [1])).toThrow('must be called in the init context');
    expect(() => new SharedArray('', () => [])).toThrow('empty name');
    expect(() => new SharedArray('no function', 1)).toThrow('a function is expected');
    expect(() => new SharedArray('async', async () => Promise.resolve([]))).toThrow('async functions');
    expect(() => new SharedArray('object', () => ({}))).toThrow('only arrays');
  });
});
