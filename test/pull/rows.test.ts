import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CarferryError } from '../../lib/core/errors.ts';
import type { QueueMessage } from '../../lib/domain/queueMessage.ts';
import { inParallel } from '../../lib/pull/inParallel.ts';
import { adOrderStream, LANE_NAMES, LANES, tradeStream } from '../../lib/pull/lanes.ts';
import type { RowOrigin } from '../../lib/pull/rowParking.ts';
import { packTokens, tokenOfHash, tokenOfId, unpackTokens } from '../../lib/pull/seenRows.ts';
import { sendRows } from '../../lib/pull/sendRows.ts';
import { emptyTally } from '../../lib/pull/streamReport.ts';

describe('tokens of rows', () => {
  it('survive packing, and ids that differ have different tokens', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)), (ids) => {
        const tokens = new Set(ids.map(tokenOfId));

        expect(tokens.size).toBe(ids.length);
        expect(unpackTokens(packTokens(tokens))).toEqual(tokens);
      }),
    );
  });

  it('are six bytes, so that 2,000 of them stay below 20 KB', () => {
    expect([tokenOfId('1').length, tokenOfHash('00ff'.repeat(16)).length]).toEqual([8, 8]);
  });
});

describe('rows on their way to the queue', () => {
  const row = (orderId: string) => {
    const message: QueueMessage = {
      v: 1,
      kind: 'noLead',
      shop: 's',
      orderId,
      observedAt: '2026-11-20T12:00:00+08:00',
    };
    const origin: RowOrigin = { quarantineId: orderId, raw: {} };
    return { message, origin };
  };
  const refuses = (bad: string, disposition: 'park' | 'retry') => {
    const sent: string[] = [];
    const send = async (messages: readonly QueueMessage[]) => {
      const ids = messages.map((message) => ('orderId' in message ? message.orderId : ''));
      if (ids.includes(bad)) throw new CarferryError({ disposition, reason: 'x', message: 'x' });
      sent.push(...ids);
    };
    return { sent, send };
  };

  it('that no queue takes are parked alone; the others arrive', async () => {
    const sender = refuses('2', 'park');
    const parked: string[] = [];
    const tally = emptyTally();
    const parking = { park: async ({ quarantineId }: RowOrigin) => void parked.push(quarantineId) };

    await sendRows([row('1'), row('2'), row('3')], { sender, parking, tally });

    expect([sender.sent, parked]).toEqual([['1', '3'], ['2']]);
    expect(tally).toMatchObject({ enqueued: 2, parked: 1 });
  });

  it('are not counted as sent when the queue is away', async () => {
    const tally = emptyTally();
    const parking = { park: async () => {} };

    const sending = sendRows([row('1'), row('2')], { sender: refuses('2', 'retry'), parking, tally });

    await expect(sending).rejects.toMatchObject({ disposition: 'retry' });
    expect(tally.enqueued).toBe(0);
  });
});

describe('work in parallel', () => {
  it('answers in order, with at most the given width at a time', async () => {
    let [running, most] = [0, 0];

    const results = await inParallel([5, 1, 4, 2, 3], 2, async (n) => {
      running += 1;
      most = Math.max(most, running);
      for (let turn = 0; turn < n; turn += 1) await Promise.resolve();
      running -= 1;
      return n * 10;
    });

    expect(results).toEqual([50, 10, 40, 20, 30]);
    expect(most).toBe(2);
  });

  it('begins nothing after a failure and throws it when all under way have ended', async () => {
    const [begun, ended]: [number[], number[]] = [[], []];

    const working = inParallel([1, 2, 3, 4, 5, 6], 2, async (n) => {
      begun.push(n);
      await Promise.resolve();
      if (n === 1) throw new Error('first');
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
      ended.push(n);
    });

    await expect(working).rejects.toThrow('first');
    expect([begun, ended]).toEqual([[1, 2], [2]]);
  });
});

describe('lanes', () => {
  it('look further back the less often they run', () => {
    const sweeps = ['day', 'fortnight', 'quarter'] as const;
    const rhythm = sweeps.map((lane) => [LANES[lane].lookbackMs / 3_600_000, LANES[lane].everyMs / 60_000]);

    expect(rhythm).toEqual([
      [24, 15],
      [14 * 24, 360],
      [90 * 24, 1440],
    ]);
    expect([...LANE_NAMES].toSorted()).toEqual(Object.keys(LANES).toSorted());
  });

  it('name their streams by source, shop or product, and a backfill by its bounds too', () => {
    const bounds = { from: '2026-01-01T00:00:00+08:00', to: '2026-02-01T00:00:00+08:00' };

    expect(tradeStream('a', 'live')).toBe('trades#a#live');
    expect(adOrderStream(2, 'day')).toBe('adOrders#2#day');
    expect(tradeStream('a', 'backfill', bounds)).toBe(`trades#a#backfill#${bounds.from}#${bounds.to}`);
  });
});
