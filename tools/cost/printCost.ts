import Table from 'cli-table3';
import { AMOUNTS, type Amounts, type Assumptions, type Parts } from './model.ts';
import type { Prices } from './prices.ts';

/** One size of a seller. */
export type Month = {
  readonly ordersPerDay: number;
  readonly amounts: Amounts;
  /** In the currency of the region. */
  readonly costs: Amounts;
  readonly total: number;
  readonly topCallsPerSecond: number;
};

/** What `npm run cost` found; `--json` prints it whole. */
export type Estimate = {
  readonly region: string;
  readonly currency: string;
  readonly pricePages: string;
  /** The day of the prices. */
  readonly asOf: string;
  readonly note: string;
  readonly prices: Prices;
  readonly measured: Parts;
  readonly assumed: Assumptions;
  readonly assumptions: readonly string[];
  readonly months: readonly Month[];
};

/** A table for people, and what to know before believing it. Pure. */
export function printCost(estimate: Omit<Estimate, 'measured' | 'assumed'>): string {
  const { region, currency, pricePages, asOf, note, prices, assumptions, months } = estimate;
  const table = new Table({
    head: [
      'a month',
      ...months.map(({ ordersPerDay }) => `${ordersPerDay.toLocaleString('en')} orders a day`),
      '',
    ],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...months.map(() => 'right' as const), 'left'],
  });
  for (const name of AMOUNTS) {
    const { unit, source } = prices[name];
    const cells = months.map(({ amounts, costs }) => `${rounded(amounts[name])} = ${costs[name].toFixed(2)}`);
    table.push([unit, ...cells, source === null ? 'unconfirmed' : '']);
  }
  table.push([`total, ${currency}`, ...months.map(({ total }) => total.toFixed(2)), '']);
  table.push(['calls of TOP a second', ...months.map((month) => month.topCallsPerSecond.toFixed(2)), '']);
  const lines = [
    table.toString(),
    '',
    ...assumptions.map((line) => `- ${line}`),
    `- Prices of ${region}, ${asOf}. ${note} Unconfirmed ones: see ${pricePages}.`,
  ];
  return `${lines.join('\n')}\n`;
}

function rounded(amount: number): string {
  return amount.toLocaleString('en', { maximumSignificantDigits: 3 });
}
