import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configSchema, handler } from '../../functions/pullTrades.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { crmTradesInfoCreate } from '../../lib/top/apis/crmTradesInfoCreate.ts';
import { lambdaContext } from '../lambda/lambdaContext.ts';
import { listTrades, type ModelTrade } from '../pull/worldModel.ts';
import { type PullFunctionBench, startPullFunctionBench } from './pullFunctionBench.ts';

const SHOP = '测试旗舰店';
const NOW = Math.floor(Date.now() / 1000) * 1000;
const trades = Array.from({ length: 230 }, (_, n): ModelTrade => {
  const createdAt = NOW - 3_600_000 - n * 1000;
  return {
    id: String(4277659395456225000n + BigInt(n)),
    createdAt,
    modifiedAt: createdAt,
    status: 'TRADE_FINISHED',
  };
});

describe('the function pullTrades', () => {
  let bench: PullFunctionBench;
  beforeAll(async () => {
    bench = await startPullFunctionBench({
      [crmTradesInfoCreate.method]: (form) => ({
        response: { flag: 'success', ...listTrades(Object.fromEntries(form), trades, Date.now()) },
      }),
    });
  });
  afterAll(() => bench.close());

  it('brings every trade of the shop into the orders queue with all digits, and stores its watermark', async () => {
    const from = toIso(NOW - 7_200_000);
    const until = toIso(NOW - 600_000);

    const report = await handler({ lane: 'live', from, until }, lambdaContext());

    const stream = `trades#${SHOP}#live`;
    expect(report.streams).toMatchObject([
      { stream, shop: SHOP, state: 'caught-up', rows: 230, enqueued: 230, watermark: until },
    ]);
    const messages = await bench.messagesIn('ORDERS_QUEUE_URL');
    const ids = messages.map((message) => (message.kind === 'trade' ? message.orderId : ''));
    expect(ids.toSorted()).toEqual(trades.map(({ id }) => id).toSorted());
    expect(await bench.streams.read(stream)).toMatchObject({ watermark: until });
    expect((await bench.streams.read(stream))?.owner).toBeUndefined();
  });

  it('refuses an input it does not know, naming the field', async () => {
    await expect(handler({ lane: 'lives' }, lambdaContext())).rejects.toMatchObject({
      reason: 'malformed-input',
      field: 'lane',
    });
    await expect(handler({ lane: 'backfill' }, lambdaContext())).rejects.toMatchObject({ field: 'from' });
  });

  it('reads no variable that it does not name', () => {
    expect(Object.keys(configSchema.unwrap().shape)).toEqual(
      expect.arrayContaining(['CARFERRY_SHOPS', 'ORDERS_QUEUE_URL']),
    );
    expect(Object.keys(configSchema.unwrap().shape)).not.toContain('LEADS_TABLE');
  });
});
