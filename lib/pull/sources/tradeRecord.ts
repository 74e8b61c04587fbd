import { withoutAbsent } from '../../domain/absent.ts';
import { collectExtra } from '../../domain/drift.ts';
import { lenientReader, required, strictReader, textOf } from '../../domain/fieldReader.ts';
import {
  RX_AUDIT_STATUS,
  SELLER_FLAG,
  SHIPPING_TYPE,
  STEP_TRADE_STATUS,
  TRADE_FROM,
  TRADE_SOURCE,
  TRADE_STATUS,
  TRADE_TYPE,
  wordFor,
} from '../../domain/statuses.ts';
import type { TradeFacet } from '../../domain/tradeFacet.ts';
import { type CrmTrade, crmTradeShape } from '../../top/apis/crmTradesInfoCreate.ts';
import { codeIn, translatePromotion, translateServiceOrder, translateSubOrder } from './tradeParts.ts';

const TRADE_FIELDS = Object.keys(crmTradeShape);

/** Words of the known codes of a comma list; `undefined` without one. */
function tradeFromWords(list: string | undefined): string[] | undefined {
  const words = (list ?? '').split(',').flatMap((code) => wordFor(TRADE_FROM, code.trim()) ?? []);
  return words.length === 0 ? undefined : words;
}

/**
 * One row of the seller's trade listing as facet `trade`. Pure. Amounts become fen, times `+08:00`; the
 * platform sends no name, phone or street here, but `extra` may hold `Clear`.
 *
 * @throws CarferryError `park`, naming the field, for a missing id, creation or status, or an unreadable
 *   amount or version time. Other unreadable times are kept in `unread`.
 */
export function translateTrade(row: CrmTrade, shop: string): TradeFacet {
  const strict = strictReader();
  const loose = lenientReader();
  const createdAt = required('created', strict.at('created', row.created));
  const asyncModifiedAt = strict.at('async_modified', row.async_modified);
  const payAt = loose.at('pay_time', row.pay_time);
  const consignAt = loose.at('consign_time', row.consign_time);
  const endAt = loose.at('end_time', row.end_time);
  const sendAt = loose.at('send_time', row.send_time);
  return withoutAbsent({
    orderId: required('tid', row.tid),
    shop,
    createdAt,
    modifiedAt: strict.at('modified', row.modified) ?? asyncModifiedAt ?? createdAt,
    asyncModifiedAt,
    statusCode: required('status', codeIn(TRADE_STATUS, row.status)),
    status: wordFor(TRADE_STATUS, row.status),
    typeCode: codeIn(TRADE_TYPE, row.type),
    type: wordFor(TRADE_TYPE, row.type),
    stepStatusCode: codeIn(STEP_TRADE_STATUS, row.step_trade_status),
    stepStatus: wordFor(STEP_TRADE_STATUS, row.step_trade_status),
    stepPaidFen: strict.fen('step_paid_fee', row.step_paid_fee),
    title: textOf(row.title),
    itemId: textOf(row.num_iid),
    pictureUrl: textOf(row.pic_path),
    quantity: row.num,
    priceFen: strict.fen('price', row.price),
    totalFen: strict.fen('total_fee', row.total_fee),
    paymentFen: strict.fen('payment', row.payment),
    receivedPaymentFen: strict.fen('received_payment', row.received_payment),
    postFen: strict.fen('post_fee', row.post_fee),
    adjustFen: strict.fen('adjust_fee', row.adjust_fee),
    discountFen: strict.fen('discount_fee', row.discount_fee),
    commissionFen: strict.fen('commission_fee', row.commission_fee),
    points: row.point_fee,
    realPoints: row.real_point_fee,
    buyerObtainPoints: row.buyer_obtain_point_fee,
    payAt,
    consignAt,
    endAt,
    sendAt,
    shippingTypeCode: codeIn(SHIPPING_TYPE, row.shipping_type),
    shippingType: wordFor(SHIPPING_TYPE, row.shipping_type),
    waybillNo: textOf(row.sid),
    partConsigned: row.is_part_consign,
    receiverState: textOf(row.receiver_state),
    receiverCity: textOf(row.receiver_city),
    buyerArea: textOf(row.buyer_area),
    buyerOpenUid: textOf(row.buyer_open_uid),
    ouid: textOf(row.ouid),
    sellerNick: textOf(row.seller_nick),
    sellerFlagCode: row.seller_flag,
    sellerFlag: wordFor(SELLER_FLAG, row.seller_flag),
    sellerCanRate: row.seller_can_rate,
    sellerRated: row.seller_rate,
    buyerRated: row.buyer_rate,
    hasBuyerMessage: row.has_buyer_message,
    tradeSourceCode: codeIn(TRADE_SOURCE, row.trade_source),
    tradeSource: wordFor(TRADE_SOURCE, row.trade_source),
    tradeFromCode: textOf(row.trade_from),
    tradeFrom: tradeFromWords(row.trade_from),
    rxAuditStatusCode: codeIn(RX_AUDIT_STATUS, row.rx_audit_status),
    rxAuditStatus: wordFor(RX_AUDIT_STATUS, row.rx_audit_status),
    subOrders: row.orders.map(translateSubOrder),
    promotions: row.promotion_details.map(translatePromotion),
    serviceOrders: row.service_orders.map(translateServiceOrder),
    unread: loose.unread(),
    extra: collectExtra(row, TRADE_FIELDS),
  });
}
