import * as z from 'zod';
import { defineTopApi } from '../defineTopApi.ts';
import {
  topBoolean,
  topData,
  topDigits,
  topId,
  topInteger,
  topList,
  topMembers,
  topObject,
  topText,
  topTime,
} from '../topFields.ts';

/** `TradeItemDTO`. */
export const carItemShape = { item_id: topText(), item_title: topText(), item_pict_url: topText() };

/** `TradeItemSkuDTO`. */
export const carSkuShape = { sku_id: topText(), outer_id: topText(), sku_info: topText() };

/** `CarSubOrderDetailDto`. */
export const carSubOrderShape = {
  seller_nick: topText(),
  buyer_nick: topText(),
  order_id: topId(),
  actual_paid_fee: topInteger(),
  refund_status: topInteger(),
  et_shop_id: topText(),
  pay_status: topInteger(),
  seller_definition_field: topText(),
  et_shop_name: topText(),
  consume_shop_name: topText(),
  consume_shop_id: topText(),
  consume_time: topTime(),
  /** JSON text of a list; the price in it has no stated unit. */
  option_list: topText(),
  // The table puts these two under the order, its text under the sub-order: both are read.
  item: topObject(carItemShape),
  sku: topObject(carSkuShape),
};

/** `CarSubPayOrderDto`: one stage. */
export const carStageShape = {
  step_no: topInteger(),
  pay_fee: topInteger(),
  step_name: topText(),
  actual_pay_fee: topInteger(),
  pay_status: topInteger(),
  sub_pay_order_id: topText(),
};

/** `CarPayOrderDto`. */
export const carPayOrderShape = {
  pay_order_id: topText(),
  total_fee: topInteger(),
  sub_pay_orders: topList(topMembers(carStageShape)),
  actual_total_fee: topInteger(),
  pay_status: topInteger(),
};

/** `CarOrderDetailDto`; amounts in fen. */
export const carOrderShape = {
  seller_nick: topText(),
  buyer_nick: topText(),
  order_id: topId(),
  actual_paid_fee: topInteger(),
  refund_status: topInteger(),
  sub_orders: topList(topMembers(carSubOrderShape)),
  pay_status: topInteger(),
  pay_order: topObject(carPayOrderShape),
  buyer_name_collect: topText(),
  buyer_identity_collect: topText(),
  buyer_mobile: topText(),
  car_delivery: topText(),
  sku: topObject(carSkuShape),
  item: topObject(carItemShape),
};

const carOrder = topData(carOrderShape);

/** The whole-car order itself. */
export type CarOrderDetail = NonNullable<z.output<typeof carOrder>>;

/**
 * The whole-car order behind a trade: payments by stage, stores, buyer, options. A success without `data`
 * is a failure; `msg_code` says which.
 * Source: https://open.taobao.com/v2/doc (tmall.aliauto.trade.car.order.get), protocol notes, section 11.
 */
export const aliautoTradeCarOrderGet = defineTopApi({
  method: 'tmall.aliauto.trade.car.order.get',
  gateway: 'top',
  session: 'required',
  request: z.lazy(() =>
    z.strictObject({
      query: z.strictObject({ order_id: topDigits(), buyer_nick: z.string().min(1).optional() }),
    }),
  ),
  response: topMembers({
    result: topObject({
      data: carOrder,
      success: topBoolean(),
      msg_info: topText(),
      msg_code: topText(),
    }),
  }),
  outcome: ({ result }) =>
    result?.data !== undefined && result.success !== false
      ? { ok: true }
      : { ok: false, code: result?.msg_code || 'no-data', message: result?.msg_info ?? '' },
});
