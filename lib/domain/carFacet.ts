import * as z from 'zod';
import { type Clear, sealedSchema } from './personal.ts';
import { at, count, extraField, fen, id, idField, text, unreadField } from './scalars.ts';

const sealed = z.lazy(() => sealedSchema.optional());

/** One chosen option; the unit of its price is not stated by the platform. */
const carOptionSchema = z.lazy(() =>
  z.strictObject({
    optionId: id,
    title: text,
    priceRaw: text,
    imageUrl: text,
    extra: extraField,
  }),
);
export type CarOption = z.infer<typeof carOptionSchema>;

const carItemSchema = z.lazy(() =>
  z.strictObject({ itemId: id, title: text, pictureUrl: text, extra: extraField }),
);
const carSkuSchema = z.lazy(() =>
  z.strictObject({ skuId: id, outerId: text, skuInfo: text, extra: extraField }),
);

/** One sub-order of a whole-car order: store, redemption, options. */
const carSubOrderSchema = z.lazy(() =>
  z.strictObject({
    subOrderId: id,
    sellerNick: text,
    buyerNickSealed: sealed,
    actualPaidFen: fen,
    payStatusCode: count,
    payStatus: text,
    refundStatusCode: count,
    refundStatus: text,
    /** Store booked by the buyer (`et_shop_*`). */
    bookedStoreId: text,
    bookedStoreName: text,
    /** Store that redeemed the order (`consume_shop_*`). */
    consumeStoreId: text,
    consumeStoreName: text,
    consumedAt: at,
    sellerDefinitionField: text,
    options: z.array(carOptionSchema).optional(),
    item: carItemSchema.optional(),
    sku: carSkuSchema.optional(),
    unread: unreadField,
    extra: extraField,
  }),
);
export type CarSubOrder = z.infer<typeof carSubOrderSchema>;

/** One stage of the payment (`sub_pay_orders`). */
const carPaymentStageSchema = z.lazy(() =>
  z.strictObject({
    stageNo: count,
    stageName: text,
    payFen: fen,
    actualPayFen: fen,
    payStatusCode: count,
    payStatus: text,
    subPayOrderId: id,
    extra: extraField,
  }),
);

const carPaymentSchema = z.lazy(() =>
  z.strictObject({
    payOrderId: id,
    totalFen: fen,
    actualTotalFen: fen,
    payStatusCode: count,
    payStatus: text,
    stages: z.array(carPaymentStageSchema),
    extra: extraField,
  }),
);

/** The whole-car order behind a trade; facet `car` of an order, sealed form. */
export const carFacetSchema = z.lazy(() =>
  z.strictObject({
    orderId: idField,
    /** The order id in the reply, kept when it differs from the one asked for. */
    upstreamOrderId: id,
    shop: z.string(),
    sellerNick: text,
    payStatusCode: count,
    payStatus: text,
    refundStatusCode: count,
    refundStatus: text,
    /** Paid for the whole order; sub-orders repeat it, so sums must not mix the two. */
    actualPaidFen: fen,
    subOrders: z.array(carSubOrderSchema),
    payment: carPaymentSchema.optional(),
    item: carItemSchema.optional(),
    sku: carSkuSchema.optional(),
    buyerNameSealed: sealed,
    buyerIdentitySealed: sealed,
    buyerPhoneSealed: sealed,
    buyerNickSealed: sealed,
    deliveryAddressSealed: sealed,
    extra: extraField,
  }),
);
export type CarFacet = z.infer<typeof carFacetSchema>;

type WithoutSealed<T> = { [K in keyof T as K extends `${string}Sealed` ? never : K]: T[K] };

/** A translated sub-order before sealing. */
export type ClearCarSubOrder = WithoutSealed<CarSubOrder> & { buyerNick?: Clear | undefined };

/** A translated whole-car order before sealing. */
export type ClearCarFacet = Omit<WithoutSealed<CarFacet>, 'subOrders'> & {
  subOrders: ClearCarSubOrder[];
  buyerName?: Clear | undefined;
  buyerIdentity?: Clear | undefined;
  buyerPhone?: Clear | undefined;
  buyerNick?: Clear | undefined;
  deliveryAddress?: Clear | undefined;
};
