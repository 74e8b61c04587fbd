import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTemplate } from '../../infra/local/template.ts';
import type { Measured } from '../../tools/cost/measure.ts';
import { type Assumptions, monthOf, partsOf } from '../../tools/cost/model.ts';
import { consumed, lineThrough, type Usage } from '../../tools/cost/usage.ts';

const usage = (given: Partial<Usage>): Usage => ({
  invocations: 0,
  billedMs: 0,
  reads: 0,
  writes: 0,
  sqs: 0,
  ...given,
});

const tables = readTemplate().tables;
const command = (operation: string, input: Record<string, unknown>) =>
  ({ by: 'enrichOrders', service: 'dynamodb', operation, input }) as const;

describe('what a command consumes', () => {
  it.each([
    ['a read', 'GetItem', 'carferry-local-orders', { CapacityUnits: 2 }, { reads: 2 }],
    ['a write', 'PutItem', 'carferry-local-keys', { CapacityUnits: 3 }, { writes: 3 }],
    [
      'a write with one index of data',
      'UpdateItem',
      'carferry-local-orders',
      { CapacityUnits: 3 },
      { writes: 4 },
    ],
    ['a refused write', 'UpdateItem', 'carferry-local-orders', undefined, { writes: 1 }],
  ])('is for %s as AWS counts it', (_what, operation, TableName, ConsumedCapacity, expected) => {
    const reply = ConsumedCapacity === undefined ? undefined : { ConsumedCapacity };

    expect(consumed(command(operation, { TableName }), reply, tables)).toEqual(usage(expected));
  });

  it('is a request of SQS for every 64 KB', () => {
    const Entries = [{ Id: '0', MessageBody: 'x'.repeat(100_000) }];
    const call = {
      by: 'pullTrades',
      service: 'sqs',
      operation: 'SendMessageBatch',
      input: { Entries },
    } as const;

    expect(consumed(call, {}, tables)).toEqual(usage({ sqs: 2 }));
  });
});

describe('a line through two measurements', () => {
  it('finds what one more costs and what is there without any', () => {
    const amounts = { max: 1_000, min: 0 };
    fc.assert(
      fc.property(
        fc.integer(amounts),
        fc.integer(amounts),
        fc.integer({ min: 1, max: 99 }),
        (each, fixed, count) => {
          const at = (n: number) => ({ usage: usage({ writes: fixed + each * n }), count: n });

          const line = lineThrough(at(count), at(count * 3));

          expect(line.each.writes).toBeCloseTo(each);
          expect(line.fixed.writes).toBeCloseTo(fixed);
        },
      ),
    );
  });
});

describe('a month', () => {
  const run = (orders: number): Measured => ({
    orders,
    fresh: { enrichOrders: usage({ writes: orders * 10, invocations: orders, billedMs: orders * 1000 }) },
    swept: { pullTrades: usage({ reads: 900 + orders }) },
    sweptDays: 90,
    idle: { pullTrades: usage({ invocations: 1, reads: 5 }) },
    memoryMb: 512,
    bytes: 1000 + orders * 2000,
    topCalls: orders * 4,
  });
  const assumed: Assumptions = {
    timesAgain: 0,
    leadChecks: 0,
    pushedLeads: 0,
    keptDays: 100,
    egress: 'none',
    alarms: 25,
    sweeps: [{ name: 'day', perDay: 2, days: 1 }],
    scheduledPerDay: { pullTrades: 1440 },
  };
  const parts = partsOf(run(10), run(60));

  it('grows with the orders by what each of them costs, and without orders keeps its ticks and sweeps', () => {
    const none = monthOf(0, parts, assumed);
    const thousand = monthOf(1_000, parts, assumed);

    expect(none['dynamoRead']).toBeCloseTo(30.4 * (1440 * 5 + 2 * 10));
    expect((thousand['dynamoWrite'] ?? 0) - (none['dynamoWrite'] ?? 0)).toBeCloseTo(30.4 * 1_000 * 10);
    expect((thousand['dynamoRead'] ?? 0) - (none['dynamoRead'] ?? 0)).toBeCloseTo(30.4 * 1_000 * 2);
    expect(thousand['lambdaGbSecond']).toBeCloseTo(30.4 * 1_000 * 0.5);
    expect(thousand['dynamoGbMonth']).toBeCloseTo((1_000 * 100 * 2_000) / 1e9);
  });

  it('pays for a fixed address only where there is one', () => {
    expect(monthOf(10, parts, assumed)['natHour']).toBe(0);
    expect(monthOf(10, parts, { ...assumed, egress: 'natEip' })['natHour']).toBeCloseTo(729.6);
  });
});
