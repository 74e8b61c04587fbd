import * as z from 'zod';
import { defineTopApi } from '../defineTopApi.ts';
import { topList, topMembers, topObject, topRows, topText } from '../topFields.ts';

/*
 * Numbers and times are read as text: values and their spelling vary with the app's authorisation, the
 * published sample holds words in them, and a promotion's oddity must not cost the item its title.
 */

const promotion = {
  promotion_title: topText(),
  promotion_desc: topText(),
  promotion_start_time: topText(),
  promotion_end_time: topText(),
};
const tagShape = { tag_name: topText() };

/** The members of `TbkItemDetail` and its parts. */
export const tbkShapes = {
  topn: {
    topn_quantity: topText(),
    topn_total_count: topText(),
    topn_end_time: topText(),
    topn_start_time: topText(),
    topn_rate: topText(),
  },
  /** Rates in percent; amounts without a stated unit. */
  income: {
    commission_rate: topText(),
    commission_amount: topText(),
    subsidy_rate: topText(),
    subsidy_amount: topText(),
    subsidy_upper_limit: topText(),
    subsidy_type: topText(),
  },
  finalPromotion: { ...promotion, promotion_fee: topText(), promotion_id: topText() },
  morePromotion: {
    ...promotion,
    promotion_id: topText(),
    promotion_total_count: topText(),
    promotion_url: topText(),
  },
  futurePromotion: { ...promotion, promotion_fee: topText() },
  tag: tagShape,
  stateSubsidy: {
    max_rebate: topText(),
    min_rebate: topText(),
    max_discount: topText(),
    min_discount: topText(),
  },
  basic: {
    title: topText(),
    pict_url: topText(),
    level_one_category_name: topText(),
    category_name: topText(),
    provcity: topText(),
    item_url: topText(),
    user_type: topText(),
    ratesum: topText(),
    shop_dsr: topText(),
    i_rfd_rate: topText(),
    h_good_rate: topText(),
    h_pay_rate30: topText(),
    volume: topText(),
    is_prepay: topText(),
    superior_brand: topText(),
    material_lib_type: topText(),
    tmall_desc_url: topText(),
    taobao_desc_url: topText(),
    shop_title: topText(),
    free_shipment: topText(),
    brand_name: topText(),
    short_title: topText(),
    white_image: topText(),
    seller_id: topText(),
    annual_vol: topText(),
  },
  presale: {
    presale_tail_end_time: topText(),
    presale_tail_start_time: topText(),
    presale_end_time: topText(),
    presale_start_time: topText(),
    presale_deposit: topText(),
    presale_discount_fee_text: topText(),
  },
};

export const tbkPublishShape = {
  /** Percent. */
  income_rate: topText(),
  topn_info: topObject(tbkShapes.topn),
  tlj_remain_num: topText(),
  two_hour_promotion_sales: topText(),
  daily_promotion_sales: topText(),
  /** Two parallel lists, separated by blanks. */
  cpa_reward_type: topText(),
  cpa_reward_amount: topText(),
  income_info: topObject(tbkShapes.income),
  /** Hundredths of a percent. */
  future_activity_commission_rate: topText(),
  future_activity_time: topText(),
};

export const tbkGovSubsidyShape = {
  tag_name: topText(),
  state_subsidy_info: topObject(tbkShapes.stateSubsidy),
};

export const tbkPriceShape = {
  reserve_price: topText(),
  zk_final_price: topText(),
  final_promotion_price: topText(),
  final_promotion_path_list: topList(topMembers(tbkShapes.finalPromotion)),
  promotion_tag_list: topList(topMembers(tagShape)),
  predict_rounding_up_price: topText(),
  predict_rounding_up_price_desc: topText(),
  more_promotion_list: topList(topMembers(tbkShapes.morePromotion)),
  activity_tag_list: topList(topMembers(tagShape)),
  gov_subsidy: topObject(tbkGovSubsidyShape),
  future_activity_promotion_price: topText(),
  future_activity_promotion_path_list: topList(topMembers(tbkShapes.futurePromotion)),
};

export const tbkItemShape = {
  item_id: topText(),
  publish_info: topObject(tbkPublishShape),
  price_promotion_info: topObject(tbkPriceShape),
  /** The id that was asked for: the key to join on. */
  input_item_iid: topText(),
  item_basic_info: topObject(tbkShapes.basic),
  presale_info: topObject(tbkShapes.presale),
};

const itemDetail = topMembers(tbkItemShape);

/** One row as `topRows` reads it. */
export type TbkItemDetail = z.output<typeof itemDetail>;

/** Most ids in one call. */
export const TBK_ITEMS_PER_CALL = 20;

const wrongSetting = (reason: string, hint: string) => ({ disposition: 'halt', reason, hint }) as const;
const busy = { disposition: 'retry', reason: 'platform-unavailable' } as const;
const refused = (reason: string, hint: string) => ({ disposition: 'park', reason, hint }) as const;

const PID = wrongSetting('promotion-id-refused', 'check the promotion (pid) settings of the app');

/**
 * Details of up to 20 items; an unknown item is missing from `results`. Prices are yuan texts.
 * Source: https://open.taobao.com/v2/doc (taobao.tbk.item.info.upgrade.get), protocol notes, sections 10.4
 * and 11; the classes of the error table are derived there.
 */
export const tbkItemInfoUpgradeGet = defineTopApi({
  method: 'taobao.tbk.item.info.upgrade.get',
  gateway: 'top',
  session: 'none',
  request: z.lazy(() =>
    z.strictObject({
      /** Comma list. */
      item_id: z.string().min(1),
      ip: z.string().min(1).optional(),
      biz_scene_id: z.string().min(1).optional(),
      promotion_type: z.string().min(1).optional(),
      relation_id: z.string().min(1).optional(),
      manage_item_pub_id: z.int().optional(),
      get_tlj_info: z.int().optional(),
    }),
  ),
  response: topMembers({ results: topRows(itemDetail) }),
  outcome: () => ({ ok: true }),
  errors: {
    '40001': busy,
    '1201': busy,
    '719': busy,
    'isp.entry-sys-error': busy,
    'isp.sys-error': busy,
    '50002': { disposition: 'defer', reason: 'throttled' },
    '1911': wrongSetting('scene-not-permitted', 'apply for the scene (biz_scene_id) or use another'),
    '2': PID,
    '4': PID,
    '5': PID,
    'isp.pid-check-error': PID,
    '10000': refused('item-refused', 'ask for another item id'),
    '1001': refused('item-refused', 'the me parameter lacks its coupon or item id'),
    '30001': refused('item-refused', 'the material id is not valid'),
    '30002': refused('item-refused', 'q and cat must not both be empty'),
    '50001': refused('item-refused', 'change the query'),
  },
});
