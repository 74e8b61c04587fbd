import * as z from 'zod';

/** An order as the simulator's truth tells it (`/_sim/truth?detail=1`); times on the platform's wall clock. */
export const factSchema = z.object({
  shop: z.string(),
  created: z.string(),
  modified: z.string(),
  status: z.string(),
  carPayStatus: z.number().nullable(),
  leadNo: z.string().nullable(),
  adLines: z.number(),
  itemIds: z.array(z.string()),
});
export type Fact = z.output<typeof factSchema>;

/** What a stored and an exported order have in common. */
type AnyOrder = {
  readonly shop: string;
  readonly trade?:
    | { readonly createdAt: string; readonly modifiedAt: string; readonly statusCode: string }
    | undefined;
  readonly car?: { readonly payStatusCode?: number | undefined } | null | undefined;
  readonly lead?: { readonly leadId: string } | null | undefined;
  readonly attribution?: { readonly lines: number } | undefined;
  readonly items?: Readonly<Record<string, unknown>> | undefined;
};

/** The order in the words of the truth. */
export function factOf({ shop, trade, car, lead, attribution, items = {} }: AnyOrder): Fact {
  return {
    shop,
    created: wallClock(trade?.createdAt),
    modified: wallClock(trade?.modifiedAt),
    status: trade?.statusCode ?? '',
    carPayStatus: car?.payStatusCode ?? null,
    leadNo: lead?.leadId ?? null,
    adLines: attribution?.lines ?? 0,
    itemIds: Object.keys(items).toSorted(),
  };
}

function wallClock(iso = ''): string {
  return iso.slice(0, 19).replace('T', ' ');
}
