import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { configurationError } from '../../lib/core/errors.ts';
import { AMOUNTS, type Amounts } from './model.ts';

const priceSchema = z.object({
  price: z.number(),
  per: z.number(),
  unit: z.string(),
  /** Where it was found; null: written down from memory. */
  source: z.string().nullable(),
});

const priceTableSchema = z.object({
  asOf: z.iso.date(),
  note: z.string(),
  regions: z.record(
    z.string(),
    z.object({
      currency: z.string(),
      pricePages: z.string(),
      prices: z.partialRecord(z.enum(AMOUNTS), priceSchema),
    }),
  ),
});

/** Prices of some regions on one day. */
export type PriceTable = z.infer<typeof priceTableSchema>;

/** A price for every amount of a month, in the currency of the region. */
export type Prices = Readonly<Record<keyof Amounts, z.infer<typeof priceSchema>>>;

const TABLE = 'tools/cost/prices.json';

export function readPriceTable(): PriceTable {
  const text = readFileSync(join(import.meta.dirname, 'prices.json'), 'utf8');
  return priceTableSchema.parse(JSON.parse(text));
}

/** @throws CarferryError `configuration` when the table does not price everything there: a sum would be too small */
export function pricesOf({ regions }: PriceTable, region: string) {
  const found = regions[region];
  if (found === undefined) {
    throw configurationError(
      '--region',
      `${TABLE} has no prices of ${region}`,
      `it has ${Object.keys(regions).join(', ')}; add those of the region, with currency and source`,
    );
  }
  const { prices, ...rest } = found;
  const missing = AMOUNTS.filter((name) => prices[name] === undefined);
  if (!isComplete(prices)) {
    throw configurationError(
      '--region',
      `${TABLE} has no price of ${missing.join(', ')} in ${region}`,
      `look it up, see ${rest.pricePages}, and add it with its source`,
    );
  }
  return { ...rest, prices };
}

function isComplete(prices: Partial<Prices>): prices is Prices {
  return AMOUNTS.every((name) => prices[name] !== undefined);
}

/** What each amount costs. Pure. */
export function costsOf(amounts: Amounts, prices: Prices): Amounts {
  const costs: Record<keyof Amounts, number> = { ...amounts };
  for (const name of AMOUNTS) costs[name] = (amounts[name] / prices[name].per) * prices[name].price;
  return costs;
}
