import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as Outbox from '../../../src/engine/http/outbox.ts';

describe('the outbox', () => {
  let outbox: typeof Outbox;
  let sent: string[];

  const put = (name: string): void =>
    outbox.enqueue({
      flush(start) {
        sent.push(name);
        outbox.written();
        return start;
      },
    });

  beforeEach(async () => {
    vi.resetModules();
    outbox = await import('../../../src/engine/http/outbox.ts');
    sent = [];
  });

  it('sends at the end of the turn, all in their order', async () => {
    put('a');
    put('b');
    expect(sent).toEqual([]);
    await turn();
    expect(sent).toEqual(['a', 'b']);
  });

  it('does not wait while the server has more to do than waits here', async () => {
    put('a');
    put('b');
    await turn();
    put('c');
    await turn();
    expect(sent).toEqual(['a', 'b', 'c']);
  });

  it('reads the last answers before it sends, and then sends at once', async () => {
    put('a');
    put('b');
    await turn();
    outbox.answered();
    put('c');
    await turn();
    expect(sent).toEqual(['a', 'b']);
    outbox.answered();
    put('d');
    await turn();
    expect(sent).toEqual(['a', 'b', 'c', 'd']);
  });

  it('waits one turn at most when no further answer comes', async () => {
    put('a');
    put('b');
    await turn();
    outbox.answered();
    put('c');
    await turn();
    await turn();
    expect(sent).toEqual(['a', 'b', 'c']);
  });

  it('sends by hand what was left behind, and goes on', async () => {
    put('a');
    outbox.flushOutbox();
    expect(sent).toEqual(['a']);
    put('b');
    put('c');
    await turn();
    expect(sent).toEqual(['a', 'b', 'c']);
  });
});
