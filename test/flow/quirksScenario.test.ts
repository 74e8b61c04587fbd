import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { readScenario } from '../../infra/local/simulator/scenario/scenario.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { type QuirkBench, startQuirkBench } from './quirkBench.ts';

/* An incident of a scenario file, reproduced: test/fixtures/scenarios/refundAfterWeeks.yaml. */

const DAY = 86_400_000;
const ORDER = '4277659395456225432';
const file = new URL('../fixtures/scenarios/refundAfterWeeks.yaml', import.meta.url).pathname;

let engines: TestEngines;
let bench: QuirkBench;
beforeAll(async () => {
  engines = await startTestEngines();
});
afterEach(() => bench.close());
afterAll(() => engines.close());

it('a refund three weeks after the deposit reaches the order, its ban and its neighbour notwithstanding', async () => {
  const world = { scenario: readScenario(file), shops: 0, trades: 0 };
  bench = await startQuirkBench(engines, world);
  await bench.freeze(bench.anchorAt - 20 * DAY);
  await bench.catchUp();
  for (let looks = 0; looks < 4; looks += 1) {
    await bench.checkLeads();
    await bench.work();
    bench.clock.skip(31_000);
  }
  const deposit = await bench.tables.orders.read(ORDER);
  const lines = (await bench.tables.adOrders.linesOf(ORDER)).map(({ statusCode }) => statusCode);
  await bench.freeze(null);

  await bench.catchUp({ lane: 'quarter' });
  const refunded = await bench.tables.orders.read(ORDER);
  const neighbour = await bench.tables.orders.read('4277659395456225433');

  expect(deposit).toMatchObject({
    trade: { stepStatusCode: 'FRONT_PAID_FINAL_NOPAID' },
    car: { payStatus: 'unpaid', payment: { stages: [{ payStatus: 'paid' }, { payStatus: 'unpaid' }] } },
    lead: { leadId: '1851125030483093001' },
    owes: [],
  });
  expect(lines.toSorted()).toEqual([1, 4]);
  expect(refunded).toMatchObject({ status: 'closed-after-refund', car: { payStatus: 'refunded' }, owes: [] });
  expect(neighbour).toMatchObject({ trade: { typeCode: 'nopaid' }, car: { payStatus: 'succeeded' } });
});
