import * as z from 'zod';
import { startSimulator } from '../../infra/local/simulator/simulator.ts';
import type { SummaryDocument } from '../../lib/domain/summaryDocument.ts';

const factSchema = z.looseObject({
  shop: z.string(),
  created: z.string(),
  car: z.boolean(),
});
const truthSchema = z.looseObject({
  orders: z.number(),
  carOrders: z.number(),
  notCarOrders: z.number(),
  leads: z.number(),
  adLines: z.number(),
  otherSellersAdLines: z.number(),
  items: z.number(),
  detail: z.record(z.string(), factSchema),
});
const shopSchema = z.looseObject({ sellerNick: z.string(), carCids: z.array(z.string()).optional() });

/** What a perfect client would hold after a run, from the simulator's own world made afresh. */
export type Truth = {
  readonly counts: {
    readonly orders: number;
    readonly cars: number;
    readonly notCars: number;
    readonly leads: number;
    readonly adOrders: number;
    readonly items: number;
  };
  /** One for each trade. */
  readonly facts: readonly z.output<typeof factSchema>[];
  /** Seller nicks of the shops whose car categories are configured. */
  readonly shopsWithCarCids: ReadonlySet<string>;
};

export async function truthBehind(summary: SummaryDocument): Promise<Truth> {
  const simulator = await startSimulator({ ...summary.simulator });
  try {
    const at = Date.parse(summary.to ?? '');
    await fetch(`${simulator.url}/_sim/freeze`, { method: 'POST', body: JSON.stringify({ at }) });
    const query = new URLSearchParams({ from: summary.from ?? '', to: summary.to ?? '', detail: '1' });
    const truth = truthSchema.parse(await (await fetch(`${simulator.url}/_sim/truth?${query}`)).json());
    const shops = simulator.info.shops.map((shop) => shopSchema.parse(shop));
    return {
      counts: {
        orders: truth.orders,
        cars: truth.carOrders,
        notCars: truth.notCarOrders,
        leads: truth.leads,
        adOrders: truth.adLines + truth.otherSellersAdLines,
        items: truth.items,
      },
      facts: Object.values(truth.detail),
      shopsWithCarCids: new Set(shops.flatMap((shop) => (shop.carCids ? [shop.sellerNick] : []))),
    };
  } finally {
    await simulator.close();
  }
}
