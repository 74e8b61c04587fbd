import { withoutAbsent } from '../../domain/absent.ts';
import { collectExtra } from '../../domain/drift.ts';
import { lenientReader, strictReader, textOf } from '../../domain/fieldReader.ts';
import {
  codeOf,
  SELLER_TYPE,
  SHIPPING_TYPE,
  type StatusTable,
  TRADE_REFUND_STATUS,
  TRADE_STATUS,
  wordFor,
} from '../../domain/statuses.ts';
import type { TradePromotion, TradeServiceOrder, TradeSubOrder } from '../../domain/tradeFacet.ts';
import {
  type CrmTrade,
  crmOrderShape,
  crmPromotionShape,
  crmServiceOrderShape,
} from '../../top/apis/crmTradesInfoCreate.ts';

const ORDER_FIELDS = Object.keys(crmOrderShape);
const PROMOTION_FIELDS = Object.keys(crmPromotionShape);
const SERVICE_FIELDS = Object.keys(crmServiceOrderShape);

/** The code without a document's decoration; empty text is absent. */
export function codeIn(table: StatusTable, received: string | undefined): string | undefined {
  const text = textOf(received);
  return text === undefined ? undefined : codeOf(table, text);
}

export function translateSubOrder(row: CrmTrade['orders'][number]): TradeSubOrder {
  const money = strictReader('orders.');
  const loose = lenientReader();
  const consignAt = loose.at('consign_time', row.consign_time);
  const endAt = loose.at('end_time', row.end_time);
  return withoutAbsent({
    subOrderId: row.oid,
    itemId: textOf(row.num_iid),
    outerItemId: textOf(row.outer_iid),
    skuId: textOf(row.sku_id),
    outerSkuId: textOf(row.outer_sku_id),
    skuPropertiesName: textOf(row.sku_properties_name),
    categoryId: textOf(row.cid),
    title: textOf(row.title),
    pictureUrl: textOf(row.pic_path),
    itemMealId: textOf(row.item_meal_id),
    itemMealName: textOf(row.item_meal_name),
    quantity: row.num,
    priceFen: money.fen('price', row.price),
    totalFen: money.fen('total_fee', row.total_fee),
    paymentFen: money.fen('payment', row.payment),
    discountFen: money.fen('discount_fee', row.discount_fee),
    adjustFen: money.fen('adjust_fee', row.adjust_fee),
    partMjzDiscountFen: money.fen('part_mjz_discount', row.part_mjz_discount),
    divideOrderFen: money.fen('divide_order_fee', row.divide_order_fee),
    statusCode: codeIn(TRADE_STATUS, row.status),
    status: wordFor(TRADE_STATUS, row.status),
    refundId: textOf(row.refund_id),
    refundStatusCode: codeIn(TRADE_REFUND_STATUS, row.refund_status),
    refundStatus: wordFor(TRADE_REFUND_STATUS, row.refund_status),
    sellerTypeCode: codeIn(SELLER_TYPE, row.seller_type),
    sellerType: wordFor(SELLER_TYPE, row.seller_type),
    shippingTypeCode: codeIn(SHIPPING_TYPE, row.shipping_type),
    shippingType: wordFor(SHIPPING_TYPE, row.shipping_type),
    logisticsCompany: textOf(row.logistics_company),
    invoiceNo: textOf(row.invoice_no),
    consignAt,
    endAt,
    buyerRated: row.buyer_rate,
    sellerRated: row.seller_rate,
    isIdle: row.is_idle,
    tmserSpuCode: textOf(row.tmser_spu_code),
    unread: loose.unread(),
    extra: collectExtra(row, ORDER_FIELDS),
  });
}

export function translatePromotion(row: CrmTrade['promotion_details'][number]): TradePromotion {
  const loose = lenientReader();
  const discountFen = loose.fen('discount_fee', row.discount_fee);
  const giftItemQuantity = loose.count('gift_item_num', row.gift_item_num);
  return withoutAbsent({
    targetId: textOf(row.id),
    promotionId: textOf(row.promotion_id),
    promotionName: textOf(row.promotion_name),
    promotionDescription: textOf(row.promotion_desc),
    discountFen,
    giftItemId: textOf(row.gift_item_id),
    giftItemName: textOf(row.gift_item_name),
    giftItemQuantity,
    unread: loose.unread(),
    extra: collectExtra(row, PROMOTION_FIELDS),
  });
}

export function translateServiceOrder(row: CrmTrade['service_orders'][number]): TradeServiceOrder {
  const loose = lenientReader();
  const quantity = loose.count('num', row.num);
  const priceFen = loose.fen('price', row.price);
  const paymentFen = loose.fen('payment', row.payment);
  const totalFen = loose.fen('total_fee', row.total_fee);
  return withoutAbsent({
    serviceOrderId: textOf(row.oid),
    serviceId: textOf(row.service_id),
    itemSubOrderId: textOf(row.item_oid),
    title: textOf(row.title),
    sellerNick: textOf(row.seller_nick),
    pictureUrl: textOf(row.pic_path),
    serviceDetailUrl: textOf(row.service_detail_url),
    tmserSpuCode: textOf(row.tmser_spu_code),
    refundId: textOf(row.refund_id),
    quantity,
    priceFen,
    paymentFen,
    totalFen,
    unread: loose.unread(),
    extra: collectExtra(row, SERVICE_FIELDS),
  });
}
