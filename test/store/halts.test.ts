import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CarferryError, type Disposition } from '../../lib/core/errors.ts';
import { silentLog } from '../../lib/core/log.ts';
import { createHaltGate, type HaltGate, sessionFingerprint } from '../../lib/store/halts.ts';
import { createShopsTable, type ShopsTable } from '../../lib/store/shopsTable.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';

const METHOD = 'tmall.aliauto.lead.info.get';
const SHOP = { sellerNick: '测试旗舰店', session: 'session-1' };

let engines: TestEngines;
let shopsTable: ShopsTable;
let now: number;

beforeAll(async () => {
  engines = await startTestEngines();
});
afterAll(() => engines.close());
beforeEach(async () => {
  now = Date.UTC(2026, 10, 20, 2);
  shopsTable = createShopsTable(engines.dynamoDb, await engines.createTable('ShopsTable'));
});

function newGate(): HaltGate {
  return createHaltGate({ shopsTable, clock: { now: () => now }, log: silentLog });
}

function failure(disposition: Disposition, scope?: 'session' | 'app'): CarferryError {
  return new CarferryError({ disposition, reason: 'invalid-session', message: 'session expired', scope });
}

/** Runs a call that fails so; answers the reason, and whether the call was made. */
async function attempt(gate: HaltGate, error?: CarferryError, shop = SHOP, method = METHOD) {
  let called = false;
  const outcome = await gate
    .run(shop, method, async () => {
      called = true;
      if (error !== undefined) throw error;
      return 'ok';
    })
    .catch((thrown: unknown) => (thrown instanceof CarferryError ? thrown.reason : 'another error'));
  return { outcome, called };
}

describe('the halt gate', () => {
  it('stores a refused session and makes no further call with it, in any process', async () => {
    await attempt(newGate(), failure('halt', 'session'));

    const again = await attempt(newGate());

    expect(again).toEqual({ outcome: 'invalid-session', called: false });
    expect(await shopsTable.halts(SHOP.sellerNick)).toEqual([
      {
        shop: SHOP.sellerNick,
        method: METHOD,
        sessionHash: sessionFingerprint(SHOP.session),
        reason: 'invalid-session',
        since: '2026-11-20T10:00:00+08:00',
      },
    ]);
  });

  it.each([
    ['another shop', { ...SHOP, sellerNick: '测试二店' }, METHOD],
    ['another method', SHOP, 'tmall.aliauto.trade.car.order.get'],
    ['a new session', { ...SHOP, session: 'session-2' }, METHOD],
  ])('lets %s through', async (_, shop, method) => {
    const gate = newGate();
    await attempt(gate, failure('halt', 'session'));

    const other = await attempt(gate, undefined, shop, method);

    expect(other).toEqual({ outcome: 'ok', called: true });
  });

  it('forgets the halt once a new session works', async () => {
    const gate = newGate();
    await attempt(gate, failure('halt', 'session'));

    await attempt(gate, undefined, { ...SHOP, session: 'session-2' });

    expect(await shopsTable.halts(SHOP.sellerNick)).toEqual([]);
  });

  it.each([
    ['retry', undefined],
    ['defer', undefined],
    ['park', undefined],
    ['skip', undefined],
    ['halt', 'app'],
  ] as const)('halts nothing for a failure of disposition %s, scope %s', async (disposition, scope) => {
    const gate = newGate();
    await attempt(gate, failure(disposition, scope));

    expect(await attempt(gate)).toEqual({ outcome: 'ok', called: true });
    expect(await shopsTable.halts(SHOP.sellerNick)).toEqual([]);
  });

  it('learns of a halt of another process within five seconds', async () => {
    const gate = newGate();
    await attempt(gate);
    await attempt(newGate(), failure('halt', 'session'));

    const before = await attempt(gate);
    now += 5_000;
    const after = await attempt(gate);

    expect([before.called, after.called]).toEqual([true, false]);
  });

  it('sends one call at a time to find out whether an hour has changed something', async () => {
    const gate = newGate();
    await attempt(gate, failure('halt', 'session'));
    now += 3_600_000;

    const attempts = await Promise.all(
      Array.from({ length: 10 }, () => attempt(gate, failure('halt', 'session'))),
    );
    now += 3_600_000;
    const healed = await attempt(gate);
    const after = await Promise.all([attempt(gate), attempt(gate)]);

    expect(attempts.filter(({ called }) => called)).toHaveLength(1);
    expect(attempts.every(({ outcome }) => outcome === 'invalid-session')).toBe(true);
    expect([healed, ...after].map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok']);
  });

  it('tries the same session again after an hour, and what comes of it decides', async () => {
    const gate = newGate();
    await attempt(gate, failure('halt', 'session'));

    now += 3_600_000;
    const refused = await attempt(gate, failure('halt', 'session'));
    const between = await attempt(gate);
    now += 3_600_000;
    const worked = await attempt(gate);
    const after = await attempt(gate);

    expect([refused, between, worked, after].map(({ called }) => called)).toEqual([true, false, true, true]);
  });

  it('lifts a halt for an operator, but not a newer one of another session', async () => {
    const halt = {
      shop: 's',
      method: METHOD,
      sessionHash: 'new',
      reason: 'x',
      since: '2026-11-20T10:00:00+08:00',
    };
    await shopsTable.halt(halt);

    await expect(shopsTable.clear('s', METHOD, 'old')).resolves.toBeUndefined();
    const kept = await shopsTable.halts('s');
    await shopsTable.clear('s', METHOD);

    expect(kept).toEqual([halt]);
    expect(await shopsTable.halts('s')).toEqual([]);
  });

  it('does not remember that the table could not be read', async () => {
    let broken = true;
    const halts = async (shop: string) => {
      if (broken) throw failure('retry');
      return shopsTable.halts(shop);
    };
    const gate = createHaltGate({
      shopsTable: { ...shopsTable, halts },
      clock: { now: () => now },
      log: silentLog,
    });
    const first = await attempt(gate);
    broken = false;

    expect(first.called).toBe(false);
    expect((await attempt(gate)).called).toBe(true);
  });
});
