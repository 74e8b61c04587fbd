import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { handler } from '../../functions/enrichLeads.ts';
import { createLeadsTable } from '../../lib/store/leadsTable.ts';
import { createOrdersTable } from '../../lib/store/ordersTable.ts';
import { lead, leadMessage, ORDER_ID, SHOP } from '../enrich/bench.ts';
import { lambdaContext } from '../lambda/lambdaContext.ts';
import { sqsEvent } from '../lambda/sqsEvent.ts';
import { type FunctionBench, startFunctionBench } from './functionBench.ts';

const WITHOUT_LEAD = '4277659395456225500';

describe('the function enrichLeads', () => {
  let bench: FunctionBench;
  beforeAll(async () => {
    bench = await startFunctionBench();
    for (const [name, value] of Object.entries(bench.environment)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await bench.close();
  });

  it('stores leads and "no lead", and tells their orders', async () => {
    const { observedAt } = lead();
    const noLead = {
      v: 1,
      kind: 'noLead',
      shop: SHOP.sellerNick,
      orderId: WITHOUT_LEAD,
      observedAt,
    } as const;

    const answer = await handler(sqsEvent([leadMessage(), noLead]), lambdaContext());

    const { dynamoDb } = bench.engines;
    const orders = createOrdersTable(dynamoDb, bench.environment['ORDERS_TABLE'] ?? '');
    const leads = createLeadsTable(dynamoDb, bench.environment['LEADS_TABLE'] ?? '');
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(await leads.read(lead().leadId)).toMatchObject({ order: { orderId: ORDER_ID } });
    expect((await orders.read(ORDER_ID))?.lead).toMatchObject({ leadId: lead().leadId });
    expect((await orders.read(WITHOUT_LEAD))?.lead).toBeNull();
  });
});
