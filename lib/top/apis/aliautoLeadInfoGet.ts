import * as z from 'zod';
import { defineTopApi } from '../defineTopApi.ts';
import { topBoolean, topData, topDigits, topId, topMembers, topText, topTime } from '../topFields.ts';

/** `LeadTopInfoDTO`. */
export const leadInfoShape = {
  brand_name: topText(),
  item_title: topText(),
  order_id: topId(),
  series_name: topText(),
  order_status: topText(),
  gmt_create: topTime(),
  series_id: topText(),
  item_id: topText(),
  order_amount: topText(),
  lead_type: topText(),
  lead_no: topText(),
  brand_id: topText(),
  lead_num: topText(),
  sku_outer_id: topText(),
  rating: topText(),
};

const leadInfo = topData(leadInfoShape);

/** The lead itself. */
export type LeadInfo = NonNullable<z.output<typeof leadInfo>>;

/**
 * The lead of an order, in Tmall Auto. `order_amount` has no stated unit; `lead_num` is a telephone number;
 * an empty `data` says that there is no lead.
 * Source: https://open.taobao.com/v2/doc (tmall.aliauto.lead.info.get), protocol notes, section 11.
 */
export const aliautoLeadInfoGet = defineTopApi({
  method: 'tmall.aliauto.lead.info.get',
  gateway: 'top',
  session: 'required',
  request: z.lazy(() =>
    z.strictObject({
      lead_top_query: z.strictObject({ order_id: topDigits().optional() }),
    }),
  ),
  response: topMembers({
    data: leadInfo,
    result_success: topBoolean(),
    msg_info: topText(),
    msg_code: topText(),
  }),
  outcome: (reply) =>
    reply.result_success === true || (reply.result_success === undefined && reply.data !== undefined)
      ? { ok: true }
      : { ok: false, code: reply.msg_code || 'no-result-success', message: reply.msg_info ?? '' },
});
