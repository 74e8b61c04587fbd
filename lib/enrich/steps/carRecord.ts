import { withoutAbsent } from '../../domain/absent.ts';
import type { ClearCarFacet } from '../../domain/carFacet.ts';
import { collectExtra } from '../../domain/drift.ts';
import { textOf } from '../../domain/fieldReader.ts';
import { CAR_PAY_STATUS, CAR_REFUND_STATUS, wordFor } from '../../domain/statuses.ts';
import { type CarOrderDetail, carOrderShape } from '../../top/apis/aliautoTradeCarOrderGet.ts';
import {
  clearOf,
  translateCarItem,
  translateCarSku,
  translateCarSubOrder,
  translatePayment,
} from './carParts.ts';

const FIELDS = Object.keys(carOrderShape);

/** The whole-car order as facet `car`; what the buyer filled in is `Clear`. Pure. */
export function translateCar(
  data: CarOrderDetail,
  context: { readonly shop: string; readonly orderId: string },
): ClearCarFacet {
  const { shop, orderId } = context;
  return withoutAbsent({
    orderId,
    upstreamOrderId: data.order_id === orderId ? undefined : data.order_id,
    shop,
    sellerNick: textOf(data.seller_nick),
    payStatusCode: data.pay_status,
    payStatus: wordFor(CAR_PAY_STATUS, data.pay_status),
    refundStatusCode: data.refund_status,
    refundStatus: wordFor(CAR_REFUND_STATUS, data.refund_status),
    actualPaidFen: data.actual_paid_fee,
    subOrders: data.sub_orders.map(translateCarSubOrder),
    payment: translatePayment(data.pay_order),
    item: translateCarItem(data.item),
    sku: translateCarSku(data.sku),
    buyerName: clearOf('name', data.buyer_name_collect),
    buyerIdentity: clearOf('identity', data.buyer_identity_collect),
    buyerPhone: clearOf('phone', data.buyer_mobile),
    buyerNick: clearOf('nick', data.buyer_nick),
    deliveryAddress: clearOf('address', data.car_delivery),
    extra: collectExtra(data, FIELDS),
  });
}
