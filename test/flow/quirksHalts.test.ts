import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  expectTruth,
  factsFound,
  factsOf,
  METHODS,
  parkedIn,
  type QuirkRun,
  startQuirkRun,
} from './quirkRun.ts';

/* Whole runs of `npm start -- --once` that cannot finish at first, and what the next run makes of them. */

// Several whole processes after one another, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000 });

let world: QuirkRun;
afterEach(() => world.close());

describe('an expired session', () => {
  it('stops that shop alone; with a new session the same folder catches up', async () => {
    world = await startQuirkRun({ seed: 'session', trades: 32 });
    const [halted = '', ...others] = world.sellers;
    await world.setQuirks({ expiredSession: halted });

    const first = await world.once();
    const found = factsFound(await world.orders());
    const renewed = { [halted]: 'simulator-invented-session-renewed' };
    await world.clearQuirks();
    await world.setQuirks({ renewedSessions: renewed });
    const shops = world.simulator.info.shops.map((shop) => ({
      ...shop,
      session: renewed[shop.sellerNick] ?? shop.session,
    }));
    const second = await world.once([], { CARFERRY_SHOPS: JSON.stringify(shops) });

    const truth = factsOf(await world.truth(first.summary()));
    const idsOf = (sellers: readonly string[]) =>
      Object.keys(truth).filter((id) => sellers.includes(truth[id]?.shop ?? ''));
    expect(first.code).toBe(1);
    expect(first.summary().incomplete).toEqual(
      expect.arrayContaining([
        { stream: `${METHODS.car} ${halted}`, reason: 'session-expired', until: null },
        { stream: `${METHODS.lead} ${halted}`, reason: 'session-expired', until: null },
      ]),
    );
    for (const id of idsOf(others)) expect(found[id]).toEqual(truth[id]);
    expect(idsOf([halted]).length).toBeGreaterThan(5);
    for (const id of idsOf([halted])) {
      const { carPayStatus: _car, leadNo: _lead, owes: _owes, ...known } = truth[id] ?? {};
      expect(found[id]).toMatchObject(known);
    }
    expect([second.code, second.summary().incomplete], second.stderr).toEqual([0, []]);
    await expectTruth(world, second.summary());
  });
});

describe('broken rows', () => {
  it('are parked with method, field and expectation, once, and heal when they come repaired', async () => {
    world = await startQuirkRun({ seed: 'broken', trades: 32 });
    await world.setQuirks({
      brokenRow: [
        { method: METHODS.trades, field: 'created', everyRows: 8 },
        { method: METHODS.ads, field: 'pay_fee', everyRows: 8 },
        { method: METHODS.car, field: 'actual_paid_fee', everyRows: 8 },
        { method: METHODS.lead, field: 'order_id', everyRows: 8 },
        { method: METHODS.items, field: 'item_basic_info', everyRows: 4 },
      ],
    });

    const first = await world.once();
    const found = factsFound(await world.orders());
    const parked = await parkedIn(world.folder);
    const second = await world.once();
    const parkedAgain = await parkedIn(world.folder);
    await world.clearQuirks();
    const third = await world.once();

    const fields = Object.fromEntries(parked.map(({ source, field }) => [source, field]));
    expect(fields).toEqual({
      [METHODS.trades]: 'created',
      [METHODS.ads]: 'pay_fee',
      [METHODS.car]: 'result.data.actual_paid_fee',
      [METHODS.lead]: 'data.order_id',
      [METHODS.items]: 'results[].item_basic_info',
    });
    expect(parked.filter(({ expected = '', hint }) => !/expected/.test(expected) || !hint)).toEqual([]);
    expect([first.code, first.summary().parked.count]).toEqual([1, parked.length]);
    const truth = factsOf(await world.truth(first.summary()));
    const concerned = new Set(parked.map(({ orderId }) => orderId));
    const sound = Object.keys(truth).filter((id) => !concerned.has(id));
    expect(sound.length).toBeGreaterThan(4);
    for (const id of sound) expect(found[id]).toEqual(truth[id]);
    expect([second.code, second.summary().parked.count]).toEqual([1, parked.length]);
    expect(parkedAgain.length).toBe(parked.length);
    // A lead is asked for again at its next check, ten minutes later; everything else has healed by now.
    const left = await parkedIn(world.folder);
    const leadless = new Set(left.map(({ orderId }) => orderId));
    expect([third.code, third.summary().incomplete]).toEqual([1, []]);
    expect(left.length).toBeGreaterThan(0);
    expect(left.filter(({ source }) => source !== METHODS.lead)).toEqual([]);
    expect(factsFound(await world.orders())).toEqual(
      Object.fromEntries(
        Object.entries(truth).map(([id, fact]) => [id, leadless.has(id) ? { ...fact, leadNo: null } : fact]),
      ),
    );
    expect(Date.parse(third.summary().dues.nextDueAt ?? '')).toBeLessThan(Date.now() + 600_000);
  });
});
