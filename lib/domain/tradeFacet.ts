import * as z from 'zod';
import { at, atField, count, extraField, fen, flag, id, idField, text, unreadField } from './scalars.ts';

/** One sub-order of a trade (`orders.order`). */
const tradeSubOrderSchema = z.lazy(() =>
  z.strictObject({
    subOrderId: id,
    itemId: id,
    outerItemId: text,
    skuId: id,
    outerSkuId: text,
    skuPropertiesName: text,
    categoryId: id,
    title: text,
    pictureUrl: text,
    itemMealId: id,
    itemMealName: text,
    quantity: count,
    priceFen: fen,
    totalFen: fen,
    paymentFen: fen,
    discountFen: fen,
    adjustFen: fen,
    /** Share of the trade's discount (`part_mjz_discount`). */
    partMjzDiscountFen: fen,
    /** Paid after the share of the trade's discount (`divide_order_fee`). */
    divideOrderFen: fen,
    statusCode: text,
    status: text,
    refundId: id,
    refundStatusCode: text,
    refundStatus: text,
    sellerTypeCode: text,
    sellerType: text,
    shippingTypeCode: text,
    shippingType: text,
    logisticsCompany: text,
    invoiceNo: text,
    consignAt: at,
    endAt: at,
    buyerRated: flag,
    sellerRated: flag,
    /** True for a Xianyu order (`is_idle`). */
    isIdle: flag,
    tmserSpuCode: text,
    unread: unreadField,
    extra: extraField,
  }),
);
export type TradeSubOrder = z.infer<typeof tradeSubOrderSchema>;

/** One discount of a trade (`promotion_details`). */
const tradePromotionSchema = z.lazy(() =>
  z.strictObject({
    /** The order or sub-order it belongs to (`id`). */
    targetId: id,
    promotionId: text,
    promotionName: text,
    promotionDescription: text,
    discountFen: fen,
    giftItemId: id,
    giftItemName: text,
    giftItemQuantity: count,
    unread: unreadField,
    extra: extraField,
  }),
);
export type TradePromotion = z.infer<typeof tradePromotionSchema>;

/** One service bought with a trade (`service_orders`). */
const tradeServiceOrderSchema = z.lazy(() =>
  z.strictObject({
    serviceOrderId: text,
    serviceId: text,
    /** The sub-order that the service protects (`item_oid`). */
    itemSubOrderId: text,
    title: text,
    sellerNick: text,
    pictureUrl: text,
    serviceDetailUrl: text,
    tmserSpuCode: text,
    refundId: text,
    quantity: count,
    priceFen: fen,
    paymentFen: fen,
    totalFen: fen,
    unread: unreadField,
    extra: extraField,
  }),
);
export type TradeServiceOrder = z.infer<typeof tradeServiceOrderSchema>;

/** The trade as the seller's listing shows it; facet `trade` of an order, sealed form. */
export const tradeFacetSchema = z.lazy(() =>
  z.strictObject({
    orderId: idField,
    shop: z.string(),
    createdAt: atField,
    /** `modified`, else `async_modified`, else the creation: the first half of the facet's version. */
    modifiedAt: atField,
    asyncModifiedAt: at,
    statusCode: z.string(),
    status: text,
    typeCode: text,
    type: text,
    /** Stage of a staged payment (`step_trade_status`). */
    stepStatusCode: text,
    stepStatus: text,
    stepPaidFen: fen,
    title: text,
    itemId: id,
    pictureUrl: text,
    /** 0 when the trade has several sub-orders. */
    quantity: count,
    priceFen: fen,
    totalFen: fen,
    paymentFen: fen,
    receivedPaymentFen: fen,
    postFen: fen,
    adjustFen: fen,
    discountFen: fen,
    commissionFen: fen,
    /** Points used at ordering; `realPoints` after refunds; `buyerObtainPoints` earned. Counts, not money. */
    points: count,
    realPoints: count,
    buyerObtainPoints: count,
    payAt: at,
    consignAt: at,
    endAt: at,
    /** To be sent before this time (`send_time`). */
    sendAt: at,
    shippingTypeCode: text,
    shippingType: text,
    waybillNo: text,
    partConsigned: flag,
    receiverState: text,
    receiverCity: text,
    buyerArea: text,
    buyerOpenUid: text,
    ouid: text,
    sellerNick: text,
    sellerFlagCode: count,
    sellerFlag: text,
    sellerCanRate: flag,
    sellerRated: flag,
    buyerRated: flag,
    hasBuyerMessage: flag,
    tradeSourceCode: text,
    tradeSource: text,
    /** Comma list as received; `tradeFrom` holds the words of its known codes. */
    tradeFromCode: text,
    tradeFrom: z.array(z.string()).optional(),
    rxAuditStatusCode: text,
    rxAuditStatus: text,
    subOrders: z.array(tradeSubOrderSchema),
    promotions: z.array(tradePromotionSchema),
    serviceOrders: z.array(tradeServiceOrderSchema),
    unread: unreadField,
    extra: extraField,
  }),
);
export type TradeFacet = z.infer<typeof tradeFacetSchema>;
