import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { adLine, type Bench, createBench, leadMessage, limits, ORDER_ID, tradeMessage } from './bench.ts';
import { answerAll } from './fakeTop.ts';

describe('the flow of an ad line', () => {
  let engines: TestEngines;
  let bench: Bench;
  beforeAll(async () => {
    engines = await startTestEngines();
  });
  afterAll(() => engines.close());
  beforeEach(async () => {
    bench = await createBench(engines);
    answerAll(bench.fake.answers);
  });

  it('brings the attribution of order and lead up to date', async () => {
    await bench.enricher.onTrade(tradeMessage(), limits());
    await bench.leadStorer.onLead(leadMessage(), limits());

    await bench.storeAdLine(adLine(), limits());

    expect(await bench.orders.read(ORDER_ID)).toMatchObject({ attribution: { lines: 1 } });
    expect(await bench.leads.read('1851125030483093545')).toMatchObject({ attribution: { lines: 1 } });
  });

  it('keeps the line of an order that is not there yet; its trade brings the attribution', async () => {
    await bench.storeAdLine(adLine(), limits());
    const before = await bench.orders.read(ORDER_ID);

    await bench.enricher.onTrade(tradeMessage(), limits());

    expect(before).toBeUndefined();
    expect(await bench.adOrders.linesOf(ORDER_ID)).toHaveLength(1);
    expect(await bench.orders.read(ORDER_ID)).toMatchObject({ attribution: { lines: 1 } });
  });

  it('stores the line of a seller that is not configured, and touches no order', async () => {
    await bench.enricher.onTrade(tradeMessage(), limits());

    await bench.storeAdLine(adLine({ shop: '别家旗舰店' }), limits());

    expect(await bench.adOrders.linesOf(ORDER_ID)).toHaveLength(1);
    expect(await bench.orders.read(ORDER_ID)).not.toHaveProperty('attribution');
  });

  it('does the rest for a line whose earlier run was killed after the line was written', async () => {
    await bench.enricher.onTrade(tradeMessage(), limits());
    await bench.adOrders.writeLine(adLine());

    await bench.storeAdLine(adLine(), limits());

    expect(await bench.orders.read(ORDER_ID)).toMatchObject({ attribution: { lines: 1 } });
  });

  it('changes nothing when the line is known', async () => {
    await bench.enricher.onTrade(tradeMessage(), limits());
    await bench.storeAdLine(adLine(), limits());
    const before = await bench.orders.read(ORDER_ID);

    await bench.storeAdLine(adLine(), limits());

    expect(await bench.orders.read(ORDER_ID)).toEqual(before);
  });

  it('counts every line when many of one order arrive at once', async () => {
    await bench.enricher.onTrade(tradeMessage(), limits());
    const lines = Array.from({ length: 10 }, (_, index) =>
      adLine({ line: `4277659395456225433#2#click-${index}` }),
    );

    await Promise.all(lines.map((line) => bench.storeAdLine(line, limits())));

    expect(await bench.orders.read(ORDER_ID)).toMatchObject({ attribution: { lines: 10 } });
  });
});
