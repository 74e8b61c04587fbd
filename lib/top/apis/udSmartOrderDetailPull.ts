import * as z from 'zod';
import { defineTopApi } from '../defineTopApi.ts';
import { topBoolean, topId, topInteger, topMembers, topRows, topText, topTime } from '../topFields.ts';

const WALL_CLOCK_MS = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{3}$/;

/** `OrderDetailCursorTopDTO`; fees in fen, times without offset and possibly empty. */
export const udOrderDetailShape = {
  seller_id: topText(),
  seller_nick: topText(),
  brand_id: topText(),
  order_id: topId(),
  sub_order_id: topId(),
  item_id: topText(),
  item_name: topText(),
  pay_item_id: topText(),
  pay_item_name: topText(),
  order_status: topInteger(),
  order_create_time: topTime(),
  pay_fee: topInteger(),
  due_pay_fee: topInteger(),
  order_pay_time: topTime(),
  /** Unit not stated. */
  actual_pay_fee: topText(),
  order_refund_time: topTime(),
  order_refund_fee: topInteger(),
  is_ad_order: topBoolean(),
  channel_id: topText(),
  click_time: topTime(),
  advertiser_id: topText(),
  mid1: topText(),
  mid2: topText(),
  mid3: topText(),
  syn_click_id: topText(),
  syn_request_id: topText(),
  asyn_click_id: topText(),
  asyn_request_id: topText(),
  project_id: topText(),
  promotion_id: topText(),
  monitor_unique_id: topText(),
  presale_deposit_fee: topInteger(),
  remaining_payment_fee: topInteger(),
  is_attr_by_others: topBoolean(),
  campaign_id: topText(),
  adgroup_id: topText(),
  creative_id: topText(),
  buy_amount: topInteger(),
  shop_name: topText(),
  /** Percent. */
  commission_rate: topText(),
  commission_fee: topInteger(),
  item_pic_url: topText(),
  c_site: topText(),
  c_type: topText(),
  b_vid: topText(),
};

const orderDetail = topMembers(udOrderDetailShape);

/**
 * Ad-attributed order lines of an app by window (never across a Beijing midnight) and cursor. The end is an
 * empty `result`, or an empty or repeated `cursor_id`.
 * Source: https://open.taobao.com/v2/doc (alibaba.taobao.ud.smart.order.detail.pull), protocol notes,
 * sections 10.3 and 11.
 */
export const udSmartOrderDetailPull = defineTopApi({
  method: 'alibaba.taobao.ud.smart.order.detail.pull',
  gateway: 'top',
  session: 'none',
  request: z.lazy(() =>
    z.strictObject({
      order_top_cursor_query_dto: z.strictObject({
        start_time: z.string().regex(WALL_CLOCK_MS),
        end_time: z.string().regex(WALL_CLOCK_MS),
        cursor_id: z.string().min(1).optional(),
        /** 1 udsmart, 2 流量通Pro. */
        prod_type: z.int().optional(),
      }),
    }),
  ),
  response: topMembers({
    result: topRows(orderDetail),
    success: topBoolean(),
    error_code: topText(),
    cursor_id: topText(),
    error_msg: topText(),
  }),
  // The sample leaves `success` out: only a stated failure, or an error code instead of it, is one.
  outcome: ({ success, error_code: code, error_msg: message }) =>
    success === true || (success === undefined && (code === undefined || /^0?$/.test(code)))
      ? { ok: true }
      : { ok: false, code: code || 'success-false', message: message ?? '' },
});

/** One row as `topRows` reads it. */
export type UdOrderDetail = z.output<typeof orderDetail>;
