import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handler } from '../../functions/pullAdOrders.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { udSmartOrderDetailPull } from '../../lib/top/apis/udSmartOrderDetailPull.ts';
import { lambdaContext } from '../lambda/lambdaContext.ts';
import { type PullFunctionBench, startPullFunctionBench } from './pullFunctionBench.ts';

const NOW = Math.floor(Date.now() / 1000) * 1000;

function line(n: number) {
  return {
    order_id: `427765939545622540${n}`,
    sub_order_id: `427765939545622550${n}`,
    seller_nick: '测试旗舰店',
    order_status: 2,
    channel_id: 1,
    click_time: '2026-11-20 09:00:00',
    pay_fee: 100,
  };
}

describe('the function pullAdOrders', () => {
  let bench: PullFunctionBench;
  beforeAll(async () => {
    bench = await startPullFunctionBench({
      [udSmartOrderDetailPull.method]: (form) => {
        const { prod_type, cursor_id } = JSON.parse(form.get('order_top_cursor_query_dto') ?? '{}');
        if (prod_type === 2) return { result: {}, success: true };
        const rows = cursor_id === undefined ? [line(1), line(2)] : [];
        return { result: { order_detail_cursor_top_d_t_o: rows }, success: true, cursor_id: 'end' };
      },
    });
  });
  afterAll(() => bench.close());

  it('brings the ad lines of both products into the ad-orders queue', async () => {
    const [from, until] = [toIso(NOW - 660_000), toIso(NOW - 600_000)];

    const report = await handler({ lane: 'live', from, until }, lambdaContext());

    const streams = report.streams.map(({ stream, state, watermark }) => ({ stream, state, watermark }));
    expect(streams).toEqual([
      { stream: 'adOrders#1#live', state: 'caught-up', watermark: until },
      { stream: 'adOrders#2#live', state: 'caught-up', watermark: until },
    ]);
    const messages = await bench.messagesIn('AD_ORDERS_QUEUE_URL');
    const lines = messages.flatMap((message) => (message.kind === 'adLine' ? [message.line] : []));
    expect(new Set(lines.map(({ orderId }) => orderId))).toEqual(
      new Set([line(1).order_id, line(2).order_id]),
    );
    expect(lines.every(({ hash }) => /^[0-9a-f]{64}$/.test(hash))).toBe(true);
  });
});
