import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handler } from '../../functions/enqueueDues.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { lambdaContext } from '../lambda/lambdaContext.ts';
import { type PullFunctionBench, startPullFunctionBench } from './pullFunctionBench.ts';

describe('the function enqueueDues', () => {
  let bench: PullFunctionBench;
  beforeAll(async () => {
    bench = await startPullFunctionBench({});
    const due = { shop: '测试旗舰店', dueAt: toIso(Date.now() - 1000), attempts: 0 };
    await bench.dues.put({ ...due, orderId: '1', reason: 'owed', steps: ['car'] });
    await bench.dues.put({ ...due, orderId: '2', reason: 'openOrder' });
    await bench.dues.put({ ...due, orderId: '3', reason: 'leadCheck' });
    await bench.dues.put({ ...due, orderId: '4', reason: 'carCheck', dueAt: toIso(Date.now() + 3_600_000) });
  });
  afterAll(() => bench.close());

  it('brings orders whose time has come into the orders queue and forgets their dues', async () => {
    const report = await handler({}, lambdaContext());

    const messages = await bench.messagesIn('ORDERS_QUEUE_URL');
    const steps = messages.map((message) => (message.kind === 'due' ? [message.orderId, message.steps] : []));
    expect(report).toEqual({ enqueued: 2, more: false });
    expect(steps.toSorted()).toEqual([
      ['1', ['car']],
      ['2', ['car', 'attribution']],
    ]);
    expect(await bench.dues.count(Date.now())).toMatchObject({ due: 1, later: 1 });
  });
});
