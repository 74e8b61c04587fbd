import * as z from 'zod';
import { at, atField, count, extraField, fen, flag, id, idField, text, unreadField } from './scalars.ts';

/** One promotion of an item, present (`final_…`, `more_…`) or announced (`future_…`). */
const itemPromotionSchema = z.lazy(() =>
  z.strictObject({
    promotionId: text,
    title: text,
    description: text,
    /** Reduction in fen. */
    promotionFen: fen,
    startAt: at,
    endAt: at,
    totalCount: count,
    url: text,
    extra: extraField,
  }),
);
export type ItemPromotion = z.infer<typeof itemPromotionSchema>;

const tagSchema = z.lazy(() => z.strictObject({ tagName: text, extra: extraField }));

/** Government subsidy; the unit of its amounts is not stated. */
const govSubsidySchema = z.lazy(() =>
  z.strictObject({
    tagName: text,
    maxRebateRaw: text,
    minRebateRaw: text,
    maxDiscountRaw: text,
    minDiscountRaw: text,
    stateExtra: extraField,
    extra: extraField,
  }),
);

/** What a promoter may earn with the item; rates are percent texts, amounts have no stated unit. */
const itemPublishSchema = z.lazy(() =>
  z.strictObject({
    incomeRate: text,
    commissionRate: text,
    commissionAmountRaw: text,
    subsidyRate: text,
    subsidyAmountRaw: text,
    subsidyUpperLimitRaw: text,
    subsidyType: text,
    incomeExtra: extraField,
    topnQuantity: count,
    topnTotalCount: count,
    topnStartAt: at,
    topnEndAt: at,
    topnRate: text,
    topnExtra: extraField,
    tljRemainQuantity: count,
    twoHourPromotionSales: count,
    dailyPromotionSales: count,
    /** Two parallel lists: `cpaRewardTypes[i]` earns `cpaRewardAmountsRaw[i]`. */
    cpaRewardTypes: z.array(z.string()).optional(),
    cpaRewardAmountsRaw: z.array(z.string()).optional(),
    /** Hundredths of a percent, as received. */
    futureActivityCommissionRate: text,
    futureActivityAt: at,
    extra: extraField,
  }),
);

const itemPresaleSchema = z.lazy(() =>
  z.strictObject({
    startAt: at,
    endAt: at,
    tailStartAt: at,
    tailEndAt: at,
    depositFen: fen,
    discountText: text,
    extra: extraField,
  }),
);

/** What TOP knows about one item; cached in table `items` and copied into orders and leads. */
export const itemSummarySchema = z.lazy(() =>
  z.strictObject({
    /** The id that was asked for, i.e. the one in the trade. */
    itemId: idField,
    /** Echo of the asked id (`input_item_iid`). */
    inputItemId: id,
    /** The id that TOP answered with (`item_id`); may differ and may change. */
    upstreamItemId: id,
    /** True when TOP does not know the item (not every item is in the promotion programme). */
    missing: z.literal(true).optional(),
    observedAt: atField,
    title: text,
    shortTitle: text,
    brandName: text,
    categoryName: text,
    levelOneCategoryName: text,
    shopTitle: text,
    sellerId: id,
    provCity: text,
    /** Price after the item's own discount (`zk_final_price`). */
    priceFen: fen,
    reservePriceFen: fen,
    finalPromotionPriceFen: fen,
    predictRoundingUpPriceFen: fen,
    predictRoundingUpPriceDescription: text,
    futureActivityPromotionPriceFen: fen,
    pictureUrl: text,
    whiteImageUrl: text,
    itemUrl: text,
    tmallDescriptionUrl: text,
    taobaoDescriptionUrl: text,
    userTypeCode: count,
    rateSum: count,
    shopDsr: count,
    iRfdRate: flag,
    hGoodRate: flag,
    hPayRate30: flag,
    volume: count,
    /** Words such as `1万+`. */
    annualVolume: text,
    isPrepay: flag,
    superiorBrandCode: text,
    materialLibTypeCode: text,
    freeShipment: flag,
    finalPromotions: z.array(itemPromotionSchema).optional(),
    morePromotions: z.array(itemPromotionSchema).optional(),
    futurePromotions: z.array(itemPromotionSchema).optional(),
    promotionTags: z.array(tagSchema).optional(),
    activityTags: z.array(tagSchema).optional(),
    govSubsidy: govSubsidySchema.optional(),
    publish: itemPublishSchema.optional(),
    presale: itemPresaleSchema.optional(),
    unread: unreadField,
    basicExtra: extraField,
    priceExtra: extraField,
    extra: extraField,
  }),
);
export type ItemSummary = z.infer<typeof itemSummarySchema>;

/** Facet `items` of an order: its items by item id. */
export const itemsFacetSchema = z.lazy(() => z.record(z.string(), itemSummarySchema));
export type ItemsFacet = z.infer<typeof itemsFacetSchema>;
