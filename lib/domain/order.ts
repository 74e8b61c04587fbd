import * as z from 'zod';
import { withoutAbsent } from './absent.ts';
import { type AttributionFacet, attributionFacetSchema } from './attributionFacet.ts';
import { type CarFacet, carFacetSchema } from './carFacet.ts';
import { type ItemSummary, itemsFacetSchema } from './itemFacet.ts';
import { at, atField, count, fen, id, idField, text } from './scalars.ts';
import { type TradeFacet, tradeFacetSchema } from './tradeFacet.ts';

/** The enrichments an order can owe, in the order they are done. */
export const STEPS = ['car', 'items', 'attribution', 'lead'] as const;
export const stepSchema = z.lazy(() => z.enum(STEPS));
export type Step = (typeof STEPS)[number];

const orderLeadSchema = z.lazy(() => z.strictObject({ leadId: idField, statusCode: text }));
export type OrderLead = z.infer<typeof orderLeadSchema>;

/**
 * One order as stored: any subset of its facets may be present. `car: null` says "not a car order",
 * `lead: null` "no lead so far".
 */
export type OrderRecord = {
  orderId: string;
  shop: string;
  createdAt?: string | undefined;
  status?: string | undefined;
  firstSeenAt: string;
  /** When its person was erased: from then on it holds no personal field. */
  erasedAt?: string | undefined;
  phoneIndex?: string | undefined;
  /** Raised by every write. */
  rev: number;
  trade?: TradeFacet | undefined;
  tradeModifiedAt?: string | undefined;
  tradeObservedAt?: string | undefined;
  hash?: string | undefined;
  car?: CarFacet | null | undefined;
  carRev?: number | undefined;
  items?: Record<string, ItemSummary> | undefined;
  itemsRev?: number | undefined;
  attribution?: AttributionFacet | undefined;
  attributionRev?: number | undefined;
  lead?: OrderLead | null | undefined;
  leadRev?: number | undefined;
  /** Steps not yet done for the present trade; empty when none. */
  owes: Step[];
  /** Steps that could not be done, with the reason. */
  gaps: Partial<Record<Step, string>>;
};

/** The stored facets of an order as schemas; `exportDocuments` and the store build on them. */
export const orderFacetSchemas = {
  trade: z.lazy(() => tradeFacetSchema.optional()),
  car: z.lazy(() => carFacetSchema.nullish()),
  items: z.lazy(() => itemsFacetSchema.optional()),
  attribution: z.lazy(() => attributionFacetSchema.optional()),
  lead: z.lazy(() => orderLeadSchema.nullish()),
};

/** What a lead's reader needs to know of its order; holds no personal data. */
export const orderSummarySchema = z.lazy(() =>
  z.strictObject({
    orderId: idField,
    shop: z.string(),
    createdAt: at,
    statusCode: text,
    status: text,
    stepStatusCode: text,
    stepStatus: text,
    title: text,
    itemId: id,
    totalFen: fen,
    paymentFen: fen,
    stepPaidFen: fen,
    payAt: at,
    endAt: at,
    /** From the whole-car order. */
    payStatusCode: count,
    payStatus: text,
    refundStatusCode: count,
    refundStatus: text,
    actualPaidFen: fen,
    bookedStoreId: text,
    bookedStoreName: text,
    modifiedAt: atField.optional(),
  }),
);
export type OrderSummary = z.infer<typeof orderSummarySchema>;

/** Summary of an order with whatever facets it has. */
export function summariseOrder(order: OrderRecord): OrderSummary {
  const { trade } = order;
  const car = order.car ?? undefined;
  const store = car?.subOrders.find((subOrder) => subOrder.bookedStoreId !== undefined);
  return withoutAbsent({
    orderId: order.orderId,
    shop: order.shop,
    createdAt: order.createdAt ?? trade?.createdAt,
    statusCode: trade?.statusCode,
    status: trade?.status,
    stepStatusCode: trade?.stepStatusCode,
    stepStatus: trade?.stepStatus,
    title: trade?.subOrders[0]?.title ?? trade?.title,
    itemId: trade?.itemId ?? trade?.subOrders[0]?.itemId ?? car?.item?.itemId,
    totalFen: trade?.totalFen,
    paymentFen: trade?.paymentFen,
    stepPaidFen: trade?.stepPaidFen,
    payAt: trade?.payAt,
    endAt: trade?.endAt,
    payStatusCode: car?.payStatusCode,
    payStatus: car?.payStatus,
    refundStatusCode: car?.refundStatusCode,
    refundStatus: car?.refundStatus,
    actualPaidFen: car?.actualPaidFen,
    bookedStoreId: store?.bookedStoreId,
    bookedStoreName: store?.bookedStoreName,
    modifiedAt: trade?.modifiedAt,
  });
}
