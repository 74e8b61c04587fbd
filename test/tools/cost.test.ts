import { describe, expect, it } from 'vitest';
import { AMOUNTS, type Amounts } from '../../tools/cost/model.ts';
import { costsOf, pricesOf, readPriceTable } from '../../tools/cost/prices.ts';
import { printCost } from '../../tools/cost/printCost.ts';
import { run } from '../flow/carferryProcess.ts';

const table = readPriceTable();
const amounts: Amounts = {
  ...{ lambdaRequest: 2_000_000, lambdaGbSecond: 0, dynamoRead: 0, dynamoWrite: 3_000_000, dynamoGbMonth: 0 },
  ...{
    dynamoBackupGbMonth: 0,
    sqsRequest: 0,
    kmsKeyMonth: 0,
    kmsRequest: 0,
    secretMonth: 0,
    secretRequest: 0,
  },
  ...{ metricMonth: 0, alarmMonth: 0, dashboardMonth: 0, logGb: 0, schedulerRequest: 0, httpRequest: 0 },
  ...{ natHour: 0, natGb: 0, addressHour: 0 },
};

describe('npm run cost, before it measures anything', () => {
  it.each([
    ['an unknown flag', ['--no-such-flag'], '--no-such-flag'],
    ['an argument', ['cn-north-1'], 'too many arguments'],
    ['a region that the table does not price', ['--region', 'us-east-1'], 'has no prices of us-east-1'],
    ['a world too small to compare', ['--trades', '1'], '--trades'],
    ['no number', ['--again', ''], '--again'],
    ['more than all', ['--pushed', '2'], '--pushed'],
    ['an unknown address', ['--egress', 'vpn'], '--egress'],
  ])('refuses %s with 2 and one line', async (_, args, named) => {
    const { code, stdout, stderr } = await run(args, {}, 'tools/cost/main.ts');

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(named)]);
  });
});

describe('the table of prices', () => {
  it.each([
    ['ap-southeast-1', 'USD'],
    ['cn-north-1', 'CNY'],
  ])('of %s prices every amount of a month in %s', (region, currency) => {
    const found = pricesOf(table, region);

    expect(found.currency).toBe(currency);
    expect(Object.keys(found.prices).sort()).toEqual([...AMOUNTS].sort());
  });

  it('that lacks a price is refused, and says which', () => {
    const { currency, pricePages, prices } = pricesOf(table, 'cn-north-1');
    const { natGb: _, ...others } = prices;
    const partial = { ...table, regions: { 'cn-north-1': { currency, pricePages, prices: others } } };

    expect(() => pricesOf(partial, 'cn-north-1')).toThrow(
      expect.objectContaining({ reason: 'configuration', message: expect.stringContaining('natGb') }),
    );
  });

  it('is multiplied with the amounts, and printed in the currency of the region', () => {
    const { prices, ...region } = pricesOf(table, 'cn-north-1');
    const costs = costsOf(amounts, prices);
    const month = { ordersPerDay: 1_000, amounts, costs, total: 36.18, topCallsPerSecond: 0.25 };

    const text = printCost({
      ...table,
      ...region,
      region: 'cn-north-1',
      prices,
      months: [month],
      assumptions: ['Orders are kept 365 days.'],
    });

    expect([costs.lambdaRequest, costs.dynamoWrite]).toEqual([
      2 * prices.lambdaRequest.price,
      3 * prices.dynamoWrite.price,
    ]);
    expect(text).toMatch(/write request units +│ +3,000,000 = 33\.46 +│ +│/);
    expect(text).toMatch(/invocations +│ +2,000,000 = 2\.72 +│ unconfirmed/);
    expect(text).toMatch(/total, CNY +│ +36\.18/);
    expect(text).toMatch(/- Orders are kept 365 days\.\n- Prices of cn-north-1, \d{4}-\d\d-\d\d\./);
  });
});
