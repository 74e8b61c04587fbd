import * as z from 'zod';
import { at, atField, count, extraField, fen, flag, id, idField, text, unreadField } from './scalars.ts';

/** One ad-attributed order line as stored in table `adOrders`. */
export const adLineSchema = z.lazy(() =>
  z.strictObject({
    orderId: idField,
    /** Sort key `subOrderId#statusCode#clickIdentity`. */
    line: z.string(),
    subOrderId: idField,
    /** `seller_nick`; the rows of one app may belong to many sellers. */
    shop: z.string(),
    /** Product asked for: 1 udsmart, 2 流量通Pro. */
    prodType: z.int(),
    prodTypeWord: text,
    sellerId: id,
    shopName: text,
    brandId: id,
    statusCode: z.int(),
    status: text,
    isAdOrder: flag,
    /** Item that was clicked. */
    itemId: id,
    itemName: text,
    /** Item that was bought. */
    payItemId: id,
    payItemName: text,
    pictureUrl: text,
    buyAmount: count,
    orderCreatedAt: at,
    payFen: fen,
    duePayFen: fen,
    /** Without freight and tax; the platform states no unit, fen assumed, so the raw value stands beside it. */
    actualPayFen: fen,
    actualPayRaw: text,
    presaleDepositFen: fen,
    remainingPaymentFen: fen,
    /** Absent while the line is only placed (status 1), when it has no meaning. */
    payAt: at,
    /** Absent for statuses 1, 2 and 4, when it has no meaning. */
    refundAt: at,
    refundFen: fen,
    /** Percent, as received. */
    commissionRate: text,
    /** Estimate; the settlement decides. */
    commissionFen: fen,
    /** Attributed by another product as well; meaningful for status 2 only. */
    isAttributedByOthers: flag,
    channelId: id,
    channel: text,
    clickAt: at,
    advertiserId: id,
    campaignId: id,
    adgroupId: id,
    creativeId: id,
    projectId: id,
    promotionId: id,
    mid1: text,
    mid2: text,
    mid3: text,
    synClickId: text,
    synRequestId: text,
    asynClickId: text,
    asynRequestId: text,
    monitorUniqueId: text,
    cSite: text,
    cType: text,
    bVid: text,
    observedAt: atField,
    /** Keyed HMAC of the canonical reply; with `observedAt` the line's version. */
    hash: z.string(),
    unread: unreadField,
    extra: extraField,
  }),
);
export type AdLine = z.infer<typeof adLineSchema>;

/** A translated line before it is hashed and sealed. */
export type ClearAdLine = Omit<AdLine, 'hash'>;
