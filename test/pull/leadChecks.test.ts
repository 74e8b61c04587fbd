import { describe, expect, it } from 'vitest';
import { CarferryError, type CarferryErrorOptions } from '../../lib/core/errors.ts';
import { toEpochMs, toIso } from '../../lib/domain/chinaTime.ts';
import { runLeadChecks } from '../../lib/pull/leadChecks.ts';
import { LEAD_CHECKS_MS, nextLeadCheck, pauseAfterFault } from '../../lib/pull/leadSchedule.ts';
import type { Due } from '../../lib/store/duesTable.ts';
import { createBench, DAY, MINUTE, NOON } from './bench.ts';
import { createDuesModel } from './duesModel.ts';
import type { AskedCall } from './fakeTop.ts';

const HOUR = 60 * MINUTE;

function leadCheck(orderId: string, changes: Partial<Due> = {}): Due {
  return { orderId, reason: 'leadCheck', shop: 'shop', dueAt: toIso(NOON - MINUTE), attempts: 0, ...changes };
}

function refusal(options: Partial<CarferryErrorOptions>): CarferryError {
  return new CarferryError({ disposition: 'retry', reason: 'test', message: 'as the test says', ...options });
}

const found = (orderId: string) => ({
  result_success: true,
  data: {
    lead_no: `L${orderId}`,
    order_id: orderId,
    gmt_create: String(NOON - HOUR),
    lead_num: '13900000001',
    series_name: '测试车系',
  },
});
const none = { result_success: true };

function orderOf({ params }: AskedCall): string {
  return /\d{6,}/.exec(JSON.stringify(params))?.[0] ?? '';
}

/** `answer` gets the order id; by default every order has a lead. */
function createLeadBench(dues: Due[], answer: (orderId: string, nth: number) => unknown = found) {
  let nth = 0;
  const bench = createBench({
    answer: (call) => {
      nth += 1;
      return answer(orderOf(call), nth);
    },
  });
  const model = createDuesModel(dues);
  const shops = [
    { sellerNick: 'shop', session: 's' },
    { sellerNick: 'other', session: 't' },
  ];
  const deps = { ...bench.deps, dues: model, shops, notFoundCodes: new Set(['LEAD_NOT_EXIST']) };
  return {
    ...bench,
    deps,
    dues: model,
    check: (ms?: number) => runLeadChecks(deps, {}, bench.limits(ms)),
    kinds: () => bench.sent.map(({ kind }) => kind),
  };
}

describe('a lead check', () => {
  it('sends the lead it finds, sealed, with hash and phone index, and ends the checks', async () => {
    const bench = createLeadBench([leadCheck('4277659395456225432')]);

    const report = await bench.check();

    expect(report).toMatchObject({ checked: 1, found: 1, none: 0, failed: 0, more: false, halted: [] });
    expect(bench.sent).toMatchObject([
      {
        kind: 'lead',
        shop: 'shop',
        lead: { leadId: 'L4277659395456225432', orderId: '4277659395456225432', source: 'pulled' },
      },
    ]);
    const [message] = bench.sent;
    const lead = message?.kind === 'lead' ? message.lead : undefined;
    expect(lead?.phoneIndex).toBe(lead?.phoneSealed?.index);
    expect(lead?.phoneSealed?.envelope.keyId).toBe('order|4277659395456225432#1');
    expect(JSON.stringify(bench.sent)).not.toContain('13900000001');
    expect(bench.dues.all()).toEqual([]);
  });

  it('uses the session of the shop and asks with all digits of the id', async () => {
    const bench = createLeadBench([leadCheck('4277659395456225432', { shop: 'other' })]);

    await bench.check();

    expect(bench.calls[0]?.options?.session).toBe('t');
    expect(orderOf(bench.calls[0] ?? { method: '', params: '', options: undefined })).toBe(
      '4277659395456225432',
    );
  });

  it.each([
    ['a success without data', () => none],
    [
      'a not-found code',
      () => {
        throw refusal({ reason: 'business-failure', details: { businessCode: 'LEAD_NOT_EXIST' } });
      },
    ],
  ])('takes %s for no lead: tells it once and asks again later', async (_name, answer) => {
    const bench = createLeadBench([leadCheck('700000001')], answer);

    const first = await bench.check();
    bench.clock.move(10 * MINUTE);
    const second = await bench.check();

    expect([first.none, second.none]).toEqual([1, 1]);
    expect(bench.kinds()).toEqual(['noLead']);
    expect(bench.dues.all()).toMatchObject([{ attempts: 2, dueAt: toIso(NOON - MINUTE + HOUR) }]);
  });

  it('takes any other business failure for an error, not for no lead', async () => {
    const bench = createLeadBench([leadCheck('700000001')], () => {
      throw refusal({ reason: 'business-failure', details: { businessCode: 'SYSTEM_BUSY' } });
    });

    const report = await bench.check();

    expect(report).toMatchObject({ none: 0, failed: 1 });
    expect(bench.sent).toEqual([]);
    expect(bench.dues.all()).toMatchObject([{ attempts: 0, dueAt: toIso(NOON + MINUTE) }]);
  });

  it('is repeated within the run when the first try fails', async () => {
    const bench = createLeadBench([leadCheck('700000001')], (orderId, nth) => {
      if (nth < 3) throw refusal({ reason: 'server-error' });
      return found(orderId);
    });

    const report = await bench.check();

    expect(report).toMatchObject({ found: 1, failed: 0 });
  });

  it('does not believe the reply of another order', async () => {
    const bench = createLeadBench([leadCheck('700000001')], () => found('700000002'));

    const report = await bench.check();

    expect(report).toMatchObject({ found: 0, failed: 1 });
    expect(bench.sent).toEqual([]);
  });

  it('parks a lead that cannot be read, counts the attempt, and heals when a later one can', async () => {
    let isBroken = true;
    const bench = createLeadBench([leadCheck('700000001')], (orderId) => {
      const { data, ...rest } = found(orderId);
      const { lead_no: _leadNo, ...nameless } = data;
      return { ...rest, data: isBroken ? nameless : data };
    });
    const first = await bench.check();
    const [parked] = [...bench.quarantine.values()];
    isBroken = false;
    bench.clock.move(10 * MINUTE);

    const second = await bench.check();

    expect(first).toMatchObject({ parked: 1, found: 0 });
    expect(parked).toMatchObject({ orderId: '700000001', field: 'data.lead_no' });
    expect(second).toMatchObject({ found: 1 });
    expect(bench.quarantine.size).toBe(0);
  });

  it('halts one shop, moves its dues ten minutes without counting, and the other shop goes on', async () => {
    const dues = [leadCheck('700000001'), leadCheck('700000002'), leadCheck('700000003', { shop: 'other' })];
    const bench = createLeadBench(dues, (orderId) => {
      if (orderId !== '700000003')
        throw refusal({ disposition: 'halt', reason: 'session-expired', scope: 'session' });
      return found(orderId);
    });

    const report = await bench.check();

    expect(report).toMatchObject({
      found: 1,
      halted: [{ shop: 'shop', reason: 'session-expired', scope: 'session' }],
    });
    expect(bench.dues.all().map(({ dueAt, attempts }) => [dueAt, attempts])).toEqual([
      [toIso(NOON + 10 * MINUTE), 0],
      [toIso(NOON + 10 * MINUTE), 0],
    ]);
  });

  it('ends the run after one call when the whole app is refused, and moves nothing', async () => {
    const dues = Array.from({ length: 15 }, (_, n) => leadCheck(String(700000001 + n)));
    const bench = createLeadBench(dues, () => {
      throw refusal({ disposition: 'halt', reason: 'invalid-app-key', scope: 'app' });
    });

    const report = await bench.check();

    expect(report.halted).toEqual([{ shop: 'shop', reason: 'invalid-app-key', scope: 'app' }]);
    expect(bench.calls).toHaveLength(1);
    expect(bench.dues.all().every(({ dueAt }) => dueAt === toIso(NOON - MINUTE))).toBe(true);
  });

  it('stops at a long ban and says until when', async () => {
    const until = NOON + 3 * HOUR;
    const dues = Array.from({ length: 30 }, (_, n) => leadCheck(String(700000001 + n)));
    const bench = createLeadBench(dues, () => {
      throw refusal({ disposition: 'defer', reason: 'throttled', until });
    });

    const report = await bench.check();

    expect(report).toMatchObject({ until: toIso(until), found: 0, more: false });
    expect(report.deferred).toBeGreaterThan(0);
    expect(bench.calls.length).toBeLessThanOrEqual(10);
  });

  it('names a due of a shop that is not configured any more and keeps it', async () => {
    const bench = createLeadBench([leadCheck('700000001', { shop: 'gone' })]);

    const report = await bench.check();

    expect(report.halted).toEqual([{ shop: 'gone', reason: 'unknown-shop' }]);
    expect(bench.calls).toEqual([]);
    expect(bench.dues.all()).toHaveLength(1);
  });

  it('works through more dues than fit one batch, each once, and stops at the deadline', async () => {
    const dues = Array.from({ length: 250 }, (_, n) => leadCheck(String(700000001 + n)));
    const bench = createLeadBench(dues);
    const slow = createLeadBench(dues, (orderId) => {
      slow.clock.move(100);
      return found(orderId);
    });

    const [all, some] = [await bench.check(), await slow.check(5000)];

    expect(all).toMatchObject({ found: 250, more: false });
    expect(bench.calls).toHaveLength(250);
    expect(some.more).toBe(true);
    expect(some.found).toBeLessThan(100);
    expect(slow.dues.all()).toHaveLength(250 - some.found);
  });

  it('keeps the due when the queue did not take the lead', async () => {
    const bench = createLeadBench([leadCheck('700000001')]);
    const sender = {
      send: async () => {
        throw refusal({ reason: 'queue-unavailable' });
      },
    };

    const report = await runLeadChecks({ ...bench.deps, sender }, {}, bench.limits());

    expect(report).toMatchObject({ found: 0, failed: 1 });
    expect(bench.dues.all()).toEqual([leadCheck('700000001')]);
  });

  it('keeps a due that was put anew while its order was asked', async () => {
    const renewed = leadCheck('700000001', { dueAt: toIso(NOON + MINUTE) });
    const bench = createLeadBench([leadCheck('700000001')], (orderId) => {
      bench.dues.put(renewed);
      return found(orderId);
    });

    await bench.check();

    expect(bench.dues.all()).toEqual([renewed]);
  });
});

describe('the schedule of lead checks', () => {
  it('asks seven times: at once, then after 10 minutes, 1 hour, 6 hours, 1, 3 and 7 days', async () => {
    const bench = createLeadBench([leadCheck('700000001', { dueAt: toIso(NOON) })], () => none);
    const asked: number[] = [];

    for (let at = NOON; at <= NOON + 8 * DAY; at += 10 * MINUTE) {
      bench.clock.at(at);
      const before = bench.calls.length;
      await bench.check();
      if (bench.calls.length > before) asked.push(at - NOON);
    }

    expect(asked).toEqual([...LEAD_CHECKS_MS]);
    expect(bench.dues.all()).toEqual([]);
  });

  it('counts from the first check, also when later ones were put off', () => {
    const due = leadCheck('1', { attempts: 2, dueAt: toIso(NOON + 5 * HOUR), firstDueAt: toIso(NOON) });

    expect(nextLeadCheck(due, NOON + 5 * HOUR)).toEqual({ dueAt: NOON + 6 * HOUR, attempts: 3 });
  });

  it('doubles the wait after each failure in a row, from half a minute to ten', () => {
    const due = leadCheck('1', { firstDueAt: toIso(NOON) });

    const pauses = [0, 40_000, 3 * MINUTE, HOUR].map((ms) => pauseAfterFault(due, NOON + ms));

    expect(pauses).toEqual([30_000, 40_000, 3 * MINUTE, 10 * MINUTE]);
  });

  it('passes over checks whose time has gone by, and ends when all have', () => {
    const due = leadCheck('1', { firstDueAt: toIso(NOON) });

    expect(nextLeadCheck(due, NOON + 2 * HOUR)).toEqual({ dueAt: NOON + 6 * HOUR, attempts: 3 });
    expect(nextLeadCheck(due, NOON + 7 * DAY)).toBeUndefined();
    expect(nextLeadCheck(leadCheck('1', { attempts: 6 }), toEpochMs(leadCheck('1').dueAt))).toBeUndefined();
  });
});
