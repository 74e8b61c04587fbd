import { describe, expect, it } from 'vitest';
import * as statuses from '../../lib/domain/statuses.ts';

const tables = Object.entries(statuses).filter(([, value]) => typeof value === 'object');

describe.each(tables)('%s', (_name, table) => {
  it('gives every code its own word in kebab case', () => {
    const words = Object.values(table);

    expect(new Set(words).size).toBe(words.length);
    for (const word of words) expect(word).toMatch(/^[a-z0-9.]+(-[a-z0-9.]+)*$/);
  });
});

describe('wordFor', () => {
  it.each([
    [statuses.CAR_PAY_STATUS, 2, 'paid'],
    [statuses.CAR_PAY_STATUS, '8', 'closed-unpaid'],
    [statuses.CAR_PAY_STATUS, 3, undefined],
    [statuses.TRADE_TYPE, 'fixed(一口价)', 'fixed-price'],
    [statuses.TRADE_REFUND_STATUS, 'SUCCESS(退款成功)', 'succeeded'],
    [statuses.SELLER_TYPE, 'B（商城商家）', 'mall'],
    [statuses.TRADE_STATUS, 'A_NEW_STATUS', undefined],
    [statuses.TRADE_STATUS, 'toString', undefined],
    [statuses.TRADE_STATUS, undefined, undefined],
  ])('in %j gives %j the word %j', (table, code, word) => {
    expect(statuses.wordFor(table, code)).toBe(word);
  });
});

describe('codeOf', () => {
  it.each([
    ['fixed(一口价)', 'fixed'],
    ['fixed', 'fixed'],
    ['strange(一口价)', 'strange(一口价)'],
    ['constructor(x)', 'constructor(x)'],
  ])('takes %s for %s', (received, code) => {
    expect(statuses.codeOf(statuses.TRADE_TYPE, received)).toBe(code);
  });
});
