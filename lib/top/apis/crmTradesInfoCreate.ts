import * as z from 'zod';
import { TRADE_TYPE } from '../../domain/statuses.ts';
import { defineTopApi } from '../defineTopApi.ts';
import {
  topBoolean,
  topDecimal,
  topId,
  topInteger,
  topList,
  topMembers,
  topRows,
  topText,
  topTime,
} from '../topFields.ts';

/** `Order`: one sub-order. Amounts are yuan as decimal text. */
export const crmOrderShape = {
  is_idle: topBoolean(),
  tmser_spu_code: topText(),
  invoice_no: topText(),
  logistics_company: topText(),
  shipping_type: topText(),
  consign_time: topTime(),
  end_time: topTime(),
  cid: topText(),
  seller_type: topText(),
  refund_id: topText(),
  seller_rate: topBoolean(),
  buyer_rate: topBoolean(),
  num: topInteger(),
  item_meal_name: topText(),
  item_meal_id: topText(),
  sku_properties_name: topText(),
  part_mjz_discount: topDecimal(),
  divide_order_fee: topDecimal(),
  adjust_fee: topDecimal(),
  discount_fee: topDecimal(),
  payment: topDecimal(),
  total_fee: topDecimal(),
  oid: topId(),
  status: topText(),
  refund_status: topText(),
  outer_sku_id: topText(),
  outer_iid: topText(),
  sku_id: topText(),
  num_iid: topText(),
  price: topDecimal(),
  pic_path: topText(),
  title: topText(),
};

/** `ServiceOrder`; the published sample puts words into number fields, so they are read as text. */
export const crmServiceOrderShape = {
  tmser_spu_code: topText(),
  pic_path: topText(),
  seller_nick: topText(),
  refund_id: topText(),
  total_fee: topText(),
  title: topText(),
  payment: topText(),
  price: topText(),
  num: topText(),
  service_detail_url: topText(),
  service_id: topText(),
  item_oid: topText(),
  oid: topText(),
};

/** `PromotionDetails`; the discount is empty for free shipping and timed discounts. */
export const crmPromotionShape = {
  promotion_id: topText(),
  promotion_desc: topText(),
  gift_item_num: topText(),
  gift_item_id: topText(),
  gift_item_name: topText(),
  discount_fee: topText(),
  promotion_name: topText(),
  id: topText(),
};

/** `Trade`. `point_fee` and its kin are counts of points, not money. */
export const crmTradeShape = {
  seller_can_rate: topBoolean(),
  send_time: topTime(),
  trade_source: topText(),
  step_paid_fee: topDecimal(),
  step_trade_status: topText(),
  trade_from: topText(),
  has_buyer_message: topBoolean(),
  seller_flag: topInteger(),
  receiver_city: topText(),
  receiver_state: topText(),
  buyer_obtain_point_fee: topInteger(),
  real_point_fee: topInteger(),
  point_fee: topInteger(),
  num: topInteger(),
  shipping_type: topText(),
  price: topDecimal(),
  num_iid: topText(),
  pic_path: topText(),
  buyer_area: topText(),
  commission_fee: topDecimal(),
  received_payment: topDecimal(),
  consign_time: topTime(),
  async_modified: topTime(),
  end_time: topTime(),
  pay_time: topTime(),
  total_fee: topDecimal(),
  post_fee: topDecimal(),
  adjust_fee: topDecimal(),
  discount_fee: topDecimal(),
  payment: topDecimal(),
  status: topText(),
  buyer_rate: topBoolean(),
  seller_rate: topBoolean(),
  sid: topText(),
  tid: topId(),
  created: topTime(),
  type: topText(),
  title: topText(),
  buyer_open_uid: topText(),
  seller_nick: topText(),
  ouid: topText(),
  service_orders: topList(topMembers(crmServiceOrderShape)),
  promotion_details: topList(topMembers(crmPromotionShape)),
  orders: topList(topMembers(crmOrderShape)),
  // The document's table prints these three after the sub-order's fields; its sample shows that they are here.
  is_part_consign: topBoolean(),
  rx_audit_status: topText(),
  modified: topTime(),
};

const trade = topMembers(crmTradeShape);

/** One row as `topRows` reads it. */
export type CrmTrade = z.output<typeof trade>;

/** Every documented name, for the request's `fields`: the trade's own and those of its parts. */
export const CRM_TRADE_FIELDS: readonly string[] = [
  ...new Set(
    [crmTradeShape, crmOrderShape, crmServiceOrderShape, crmPromotionShape].flatMap((shape) =>
      Object.keys(shape),
    ),
  ),
];

/** Every documented value of the request's `type`. */
export const CRM_TRADE_TYPES: readonly string[] = Object.keys(TRADE_TYPE);

const optionalText = z.lazy(() => z.string().min(1).optional());

/**
 * A shop's trades by creation window, paged. Always to be asked with {@link CRM_TRADE_FIELDS} and the whole
 * type list {@link CRM_TRADE_TYPES}: an unset `type` silently leaves out staged and unpaid trades.
 * Source: https://open.taobao.com/v2/doc (qimen.taobao.crm.trades.info.create), protocol notes, sections
 * 10.2 and 11.
 */
export const crmTradesInfoCreate = defineTopApi({
  method: 'qimen.taobao.crm.trades.info.create',
  gateway: 'qimen',
  session: 'none',
  request: z.lazy(() =>
    z.strictObject({
      /** Comma list, at most 999 names. */
      fields: optionalText,
      start_created: optionalText,
      end_created: optionalText,
      status: optionalText,
      type: optionalText,
      ext_type: optionalText,
      rate_status: optionalText,
      tag: optionalText,
      page_no: optionalText,
      page_size: optionalText,
      use_has_next: optionalText,
      buyer_open_id: optionalText,
      seller_nick: optionalText,
    }),
  ),
  response: topMembers({
    total_results: topInteger(),
    has_next: topBoolean(),
    page_no: topInteger(),
    page_size: topInteger(),
    trades: topRows(trade),
    success: topText(),
    errcode: topText(),
    errmsg: topText(),
  }),
  // `success` is text whose published value for a success is "0": only a plain "false" is a failure.
  outcome: ({ success, errcode = '', errmsg = '' }) => {
    if (errcode !== '' && errcode !== '0') return { ok: false, code: errcode, message: errmsg };
    if (success?.toLowerCase() === 'false') return { ok: false, code: 'success-false', message: errmsg };
    return { ok: true };
  },
});
