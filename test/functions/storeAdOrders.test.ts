import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { handler } from '../../functions/storeAdOrders.ts';
import { createAdOrdersTable } from '../../lib/store/adOrdersTable.ts';
import { createQuarantineTable } from '../../lib/store/quarantineTable.ts';
import { adLine, all, ORDER_ID, SHOP, tradeMessage } from '../enrich/bench.ts';
import { lambdaContext } from '../lambda/lambdaContext.ts';
import { sqsEvent } from '../lambda/sqsEvent.ts';
import { type FunctionBench, startFunctionBench } from './functionBench.ts';

describe('the function storeAdOrders', () => {
  let bench: FunctionBench;
  beforeAll(async () => {
    bench = await startFunctionBench();
    for (const [name, value] of Object.entries(bench.environment)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await bench.close();
  });

  it('stores the lines of a batch and parks a message of another queue, sealed', async () => {
    const line = adLine();
    const batch = [{ v: 1, kind: 'adLine', shop: SHOP.sellerNick, line } as const, tradeMessage()];

    const answer = await handler(sqsEvent(batch), lambdaContext());

    const { dynamoDb } = bench.engines;
    const adOrders = createAdOrdersTable(dynamoDb, bench.environment['AD_ORDERS_TABLE'] ?? '');
    const quarantine = createQuarantineTable(dynamoDb, bench.environment['QUARANTINE_TABLE'] ?? '');
    const parked = await all(quarantine.list());
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(await adOrders.linesOf(ORDER_ID)).toEqual([line]);
    expect(parked).toMatchObject([{ source: 'adOrders', reason: 'unexpected-message', orderId: ORDER_ID }]);
    expect(parked[0]?.payloadSealed?.envelope.ct).toEqual(expect.any(String));
  });
});
