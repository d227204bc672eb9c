import { describe, expect, it } from 'vitest';
import { createStreams } from '../../../../src/engine/guest/modules/streams/index.ts';
import { testVu } from './module-context.ts';

type Controller = ReadableStreamDefaultController;
interface Reader {
  readonly closed: Promise<unknown>;
  read(): Promise<{ done: boolean; value: unknown }>;
  cancel(reason?: unknown): Promise<unknown>;
  releaseLock(): void;
}
interface Stream {
  readonly locked: boolean;
  getReader(): Reader;
  cancel(reason?: unknown): Promise<unknown>;
}
interface ReadableStreamDefaultController {
  readonly desiredSize: number | null;
  enqueue(chunk: unknown): void;
  close(): void;
  error(reason: unknown): void;
}
const streams = createStreams(testVu().ctx);
const make = (source?: unknown, strategy?: unknown) => new streams.ReadableStream(source, strategy) as Stream;

async function all(stream: Stream): Promise<unknown[]> {
  const reader = stream.getReader();
  const values: unknown[] = [];
  for (let result = await reader.read(); !result.done; result = await reader.read()) values.push(result.value);
  return values;
}

describe('ReadableStream', () => {
  it('gives what was enqueued, then ends', async () => {
    const stream = make({
      start(controller: Controller) {
        controller.enqueue('a');
        controller.enqueue('b');
        controller.close();
      },
    });
    expect(await all(stream)).toEqual(['a', 'b']);
  });

  it('pulls one chunk ahead, and waits for the promise of pull', async () => {
    let n = 0;
    const stream = make({
      async pull(controller: Controller) {
        await Promise.resolve();
        if (n === 3) controller.close();
        else controller.enqueue(n++);
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(n).toBe(1);
    expect(await all(stream)).toEqual([0, 1, 2]);
  });

  it('counts chunks by the strategy', async () => {
    let controller!: Controller;
    const stream = make(
      { start: (c: Controller) => (controller = c) },
      { highWaterMark: 10, size: (text: string) => text.length },
    );
    controller.enqueue('four');
    expect(controller.desiredSize).toBe(6);
    const CountQueuingStrategy = streams.CountQueuingStrategy as new (o: object) => {
      highWaterMark: number;
      size(): number;
    };
    const counting = new CountQueuingStrategy({ highWaterMark: 3 });
    expect([counting.highWaterMark, counting.size()]).toEqual([3, 1]);
    await stream.cancel();
    expect(controller.desiredSize).toBe(0);
  });

  it('passes an error of the source to readers', async () => {
    const broken = make({
      pull() {
        throw new Error('no more');
      },
    });
    await expect(all(broken)).rejects.toThrow('no more');
    expect(() =>
      make({
        start: () => {
          throw new Error('at once');
        },
      }),
    ).toThrow('at once');
  });

  it('tells the source of a cancellation', async () => {
    const reasons: unknown[] = [];
    const stream = make({ cancel: (reason: unknown) => reasons.push(reason) });
    await stream.cancel('enough');
    expect(reasons).toEqual(['enough']);
    expect(await stream.getReader().read()).toEqual({ done: true, value: undefined });
  });

  it('has one reader at a time, whose pending reads end with the lock', async () => {
    const stream = make();
    const reader = stream.getReader();
    expect(stream.locked).toBe(true);
    expect(() => stream.getReader()).toThrow('locked');
    await expect(stream.cancel()).rejects.toThrow('locked');
    const pending = reader.read();
    reader.releaseLock();
    await expect(pending).rejects.toThrow('released');
    await expect(reader.read()).rejects.toThrow('released');
    expect(stream.locked).toBe(false);
  });

  it('refuses byte streams and impossible strategies', () => {
    expect(() => make({ type: 'bytes' })).toThrow('not supported');
    expect(() => make({}, { highWaterMark: -1 })).toThrow(RangeError);
    expect(() => make({ pull: 1 })).toThrow('must be a function');
  });
});
