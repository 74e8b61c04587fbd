import * as z from 'zod';
import { attributionFacetSchema } from './attributionFacet.ts';
import { type ItemSummary, itemSummarySchema } from './itemFacet.ts';
import { orderSummarySchema } from './order.ts';
import { type Clear, sealedSchema } from './personal.ts';
import { at, atField, extraField, id, idField, text } from './scalars.ts';

const sealed = z.lazy(() => sealedSchema.optional());

/** The part of an item that a lead carries. */
const leadItemSchema = z.lazy(() =>
  itemSummarySchema.unwrap().pick({
    itemId: true,
    title: true,
    brandName: true,
    categoryName: true,
    levelOneCategoryName: true,
    priceFen: true,
    reservePriceFen: true,
    pictureUrl: true,
    itemUrl: true,
    shopTitle: true,
    missing: true,
  }),
);
export type LeadItem = z.infer<typeof leadItemSchema>;

const partOfItem = z.lazy(() => leadItemSchema.unwrap().strip());

/** What a lead shows of an item. */
export function leadItemOf(item: ItemSummary): LeadItem {
  return partOfItem.parse(item);
}

/** One lead as stored in table `leads`: contact, car, and what its order and ads are known to be. */
export const leadRecordSchema = z.lazy(() =>
  z.strictObject({
    /** `lead_no` of a pulled lead; keyed HMAC of shop, method, body and Beijing date of a pushed one. */
    leadId: idField,
    source: z.enum(['pulled', 'pushed']),
    shop: z.string(),
    /** The order asked for; TOP's own echo of it may have lost digits. */
    orderId: id,
    /** The order id in the reply, kept when it differs from the one asked for. */
    upstreamOrderId: id,
    leadNo: id,
    createdAt: atField,
    observedAt: atField,
    /** Keyed HMAC of the canonical reply; with `observedAt` the lead's version. */
    hash: z.string(),
    /** When its person was erased: from then on it holds no personal field. */
    erasedAt: at,
    phoneSealed: sealed,
    nameSealed: sealed,
    addressSealed: sealed,
    phoneIndex: text,
    brandId: id,
    brandName: text,
    seriesId: id,
    seriesName: text,
    itemId: id,
    itemTitle: text,
    skuOuterId: text,
    orderStatus: text,
    leadType: text,
    rating: text,
    /** The platform states no unit. */
    orderAmountRaw: text,
    model: text,
    year: text,
    price: text,
    districtId: text,
    storeId: text,
    storeCode: text,
    favoriteBrand: text,
    priceMemo: text,
    attr: text,
    /** Leads of the same phone and series within 7 days. */
    sameAs: z.array(z.string()).optional(),
    order: orderSummarySchema.optional(),
    item: leadItemSchema.optional(),
    attribution: attributionFacetSchema.optional(),
    /** Rev of the order that the summaries were made from. */
    orderRev: z.int().optional(),
    extra: extraField,
  }),
);
export type LeadRecord = z.infer<typeof leadRecordSchema>;

/** A translated lead before it is hashed and sealed. */
export type ClearLeadRecord = Omit<
  LeadRecord,
  'hash' | 'phoneIndex' | 'phoneSealed' | 'nameSealed' | 'addressSealed'
> & { phone?: Clear | undefined; name?: Clear | undefined; address?: Clear | undefined };
