import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { handler } from '../../functions/enrichOrders.ts';
import { createOrdersTable } from '../../lib/store/ordersTable.ts';
import { createQuarantineTable } from '../../lib/store/quarantineTable.ts';
import { all, leadMessage, ORDER_ID, tradeMessage } from '../enrich/bench.ts';
import { CAR, carReply, ITEMS } from '../enrich/fakeTop.ts';
import { lambdaContext } from '../lambda/lambdaContext.ts';
import { sqsEvent } from '../lambda/sqsEvent.ts';
import { type FunctionBench, startFunctionBench } from './functionBench.ts';
import { startGatewayStub } from './gatewayStub.ts';

const BROKEN_ID = '4277659395456225500';
const FAILING_ID = '4277659395456225600';

describe('the function enrichOrders', () => {
  let bench: FunctionBench;
  let gateway: Awaited<ReturnType<typeof startGatewayStub>>;
  beforeAll(async () => {
    gateway = await startGatewayStub({
      [CAR]: (form) => {
        const orderId = /\d{10,}/.exec(form.get('query') ?? '')?.[0] ?? '';
        if (orderId === FAILING_ID) return { result: { success: false, msg_code: 'SYSTEM_BUSY' } };
        if (orderId === BROKEN_ID) return { result: { success: true, data: { pay_status: 'much' } } };
        return carReply(orderId);
      },
      [ITEMS]: () => ({ results: [] }),
    });
    bench = await startFunctionBench(gateway.url);
    for (const [name, value] of Object.entries(bench.environment)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await bench.close();
    await gateway.close();
  });

  it('enriches the good record of a batch, parks the broken parts, reports the failed one', async () => {
    const batch = [
      tradeMessage(),
      tradeMessage({ orderId: BROKEN_ID }),
      tradeMessage({ orderId: FAILING_ID }),
      leadMessage(),
    ];

    const answer = await handler(sqsEvent(batch), lambdaContext());

    const orders = createOrdersTable(bench.engines.dynamoDb, bench.environment['ORDERS_TABLE'] ?? '');
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm2' }] });
    expect(await orders.read(ORDER_ID)).toMatchObject({ owes: [], car: { payStatus: 'paid' } });
    expect(await orders.read(BROKEN_ID)).toMatchObject({ owes: ['car'], items: { '846195099548': {} } });
    expect(await orders.read(FAILING_ID)).toMatchObject({ owes: ['car'], items: { '846195099548': {} } });
    const quarantine = createQuarantineTable(
      bench.engines.dynamoDb,
      bench.environment['QUARANTINE_TABLE'] ?? '',
    );
    const parked = await all(quarantine.list());
    expect(parked.map(({ source, reason }) => `${source} ${reason}`).sort()).toEqual([
      'orders unexpected-message',
      `${CAR} unexpected-shape`,
    ]);
    expect(parked.find((entry) => entry.source === CAR)).toMatchObject({
      field: expect.stringMatching(/^result/),
      expected: expect.any(String),
    });
  });

  it('asks with the session of the shop', () => {
    const cars = gateway.forms.filter((form) => form.get('method') === CAR);

    expect(new Set(cars.map((form) => form.get('session')))).toEqual(new Set(['session-1']));
  });
});
