import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { adviceFor } from '../../../infra/local/advice.ts';
import { printSummary } from '../../../infra/local/printSummary.ts';
import { columnsOf } from '../../../infra/local/terminal/tables.ts';
import type { StreamReport, SummaryDocument } from '../../../lib/domain/summaryDocument.ts';

const AT = '2026-11-22T15:00:00+08:00';
const stream: StreamReport = {
  ...{ stream: 'trades#测试店#live', source: 'trades', lane: 'live', from: AT, to: AT, watermark: AT },
  ...{ windows: 90, pages: 100, rows: 401, enqueued: 401, unchanged: 0, parked: 0, openWindows: 0 },
  state: 'caught-up',
};
const summary: SummaryDocument = {
  ...{ ok: true, version: '0.1.0', gateway: 'simulator', from: AT, to: AT, startedAt: AT, finishedAt: AT },
  shops: ['测试店'],
  tables: { orders: 401, leads: 211, adOrders: 465, items: 38 },
  facets: { cars: 342, notCars: 59, ordersWithLead: 211, leadChecksDone: 401, gaps: 0 },
  streams: [stream],
  calls: Array.from({ length: 5 }, (_, n) => {
    return {
      method: `qimen.taobao.crm.trades.info.create${n}`,
      calls: 500,
      ok: 500,
      retried: 0,
      failed: 0,
      banned: 0,
    };
  }),
  queues: [],
  parked: { count: 0, reasons: [] },
  dues: { later: 213, nextDueAt: AT },
  incomplete: [],
  advice: [],
};

describe('the summary for people', () => {
  it('says in words that and why everything adds up', () => {
    const text = printSummary(summary);

    for (const part of ['Everything adds up.', '90 windows of 1 stream', '401 rows', '213 checks'])
      expect(text).toContain(part);
  });

  it('says what does not add up and what to do', () => {
    const incomplete = [{ stream: 'trades#测试店#live', reason: 'invalid-session', until: null }];
    const text = printSummary({ ...summary, ok: false, incomplete, advice: adviceFor(incomplete, 0) });

    expect(text).toMatch(/Not everything adds up\.\nWhat to do:\n {2}- .*authorise the app again/);
    expect(text).toContain('unfinished: invalid-session: trades 测试店');
  });

  it('says so when there was nothing to pull', () => {
    expect(printSummary({ ...summary, tables: { ...summary.tables, orders: 0 } })).toContain(
      'no orders in this time',
    );
  });

  it('fits one screen of 40 lines and 80 columns, however much went wrong', () => {
    const reason = fc.stringMatching(/^[a-z-]{1,60}$/);
    const incomplete = fc.array(
      fc.record({
        stream: fc.constantFrom('trades#测试汽车旗舰店#live', 'dues'),
        reason,
        until: fc.constant(null),
      }),
      { maxLength: 60 },
    );
    const reasons = fc.array(fc.record({ reason, count: fc.nat() }), { maxLength: 30 });
    fc.assert(
      fc.property(incomplete, reasons, fc.integer({ min: 0, max: 12 }), (unfinished, parked, methods) => {
        const calls = Array.from({ length: methods }, () => summary.calls[0] ?? []).flat();
        const text = printSummary({
          ...summary,
          ok: false,
          calls,
          incomplete: unfinished,
          parked: { count: parked.length, reasons: parked },
          advice: adviceFor(unfinished, parked.length),
        });
        const lines = text.trimEnd().split('\n');
        expect(lines.length).toBeLessThanOrEqual(40);
        expect(Math.max(...lines.map(columnsOf))).toBeLessThan(80);
      }),
    );
  });
});

describe('advice', () => {
  it('is given once for each reason, also for one that nobody foresaw', () => {
    const held = { stream: 'a', reason: 'held', until: null };
    const advice = adviceFor([held, { ...held, stream: 'b' }, { ...held, reason: 'odd' }], 2);

    expect(advice).toHaveLength(3);
    expect(advice[1]).toContain('"odd"');
    expect(advice[2]).toContain('quarantine list');
  });
});
