import { describe, expect, it } from 'vitest';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { enqueueDues } from '../../lib/pull/dues.ts';
import type { Due } from '../../lib/store/duesTable.ts';
import { createBench, MINUTE, NOON } from './bench.ts';
import { createDuesModel } from './duesModel.ts';

function due(orderId: string, changes: Partial<Due> = {}): Due {
  return { orderId, reason: 'owed', shop: 'shop', dueAt: toIso(NOON - MINUTE), attempts: 0, ...changes };
}

function createDuesBench(dues: readonly Due[]) {
  const bench = createBench({
    answer: () => {
      throw new Error('dues make no call');
    },
  });
  const model = createDuesModel(dues);
  const deps = { dues: model, sender: bench.deps.sender, clock: bench.clock };
  return { ...bench, deps, dues: model };
}

describe('dues whose time has come', () => {
  it('go to the orders queue with their steps and are gone', async () => {
    const bench = createDuesBench([
      due('1', { steps: ['car', 'lead'] }),
      due('2', { reason: 'carCheck' }),
      due('3', { reason: 'openOrder' }),
      due('4'),
    ]);

    const report = await enqueueDues(bench.deps, {}, bench.limits());

    expect(report).toEqual({ enqueued: 4, more: false });
    expect(bench.sent).toMatchObject([
      { kind: 'due', orderId: '1', reason: 'owed', steps: ['car', 'lead'] },
      { kind: 'due', orderId: '2', reason: 'carCheck', steps: ['car'] },
      { kind: 'due', orderId: '3', reason: 'openOrder', steps: ['car', 'attribution'] },
      { kind: 'due', orderId: '4', reason: 'owed', steps: [] },
    ]);
    expect(bench.dues.all()).toEqual([]);
  });

  it('leave lead checks, which pullLeads does, and later dues where they are', async () => {
    const left = [due('1', { reason: 'leadCheck' }), due('2', { dueAt: toIso(NOON + MINUTE) })];
    const bench = createDuesBench(left);

    const report = await enqueueDues(bench.deps, {}, bench.limits());

    expect(report).toEqual({ enqueued: 0, more: false });
    expect(bench.dues.all()).toEqual(left);
  });

  it('include later ones up to a given time', async () => {
    const bench = createDuesBench([due('1', { dueAt: toIso(NOON + MINUTE) })]);

    const report = await enqueueDues(bench.deps, { until: toIso(NOON + MINUTE) }, bench.limits());

    expect(report.enqueued).toBe(1);
  });

  it('stay when the queue did not accept them', async () => {
    const bench = createDuesBench([due('1')]);
    const sender = {
      send: async () => {
        throw new Error('away');
      },
    };

    await expect(enqueueDues({ ...bench.deps, sender }, {}, bench.limits())).rejects.toThrow('away');

    expect(bench.dues.all()).toEqual([due('1')]);
  });

  it('stay when they were put anew after they had been seen', async () => {
    const renewed = due('1', { dueAt: toIso(NOON) });
    const bench = createDuesBench([due('1')]);
    const sender = {
      send: async () => {
        bench.dues.put(renewed);
      },
    };

    await enqueueDues({ ...bench.deps, sender }, { until: toIso(NOON - 1000) }, bench.limits());

    expect(bench.dues.all()).toEqual([renewed]);
  });

  it('that remain at the deadline are told as more', async () => {
    const bench = createDuesBench(Array.from({ length: 50 }, (_, n) => due(String(n))));
    const sender = {
      send: async () => {
        bench.clock.move(200);
      },
    };

    const report = await enqueueDues({ ...bench.deps, sender }, {}, bench.limits(3000));

    expect(report.more).toBe(true);
    expect(bench.dues.all()).toHaveLength(50 - report.enqueued);
  });
});
