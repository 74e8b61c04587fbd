import { type NodeMap, TaggedList } from '../json.ts';
import type { Item, Shop } from '../world/catalogue.ts';
import { itemIdNode } from './itemId.ts';
import { yuan } from './money.ts';

const PROMOTION_START = 1_767_196_800_000;
const PROMOTION_END = 1_798_732_800_000;

/** One `TbkItemDetail`; `input_item_iid` echoes the asked id, `item_id` may be another one. */
export function itemDetail(shop: Shop, item: Item): NodeMap {
  const promoted = item.priceFen - (item.isCar ? 100_000 : 0);
  return {
    item_id: itemIdNode(item.answeredId),
    input_item_iid: item.askedId,
    publish_info: {
      income_rate: '1.5',
      topn_info: {
        topn_quantity: 3000,
        topn_total_count: 3000,
        topn_end_time: String(PROMOTION_END),
        topn_start_time: String(PROMOTION_START),
        topn_rate: '30',
      },
      tlj_remain_num: 19_000,
      two_hour_promotion_sales: 2,
      daily_promotion_sales: 11,
      cpa_reward_type: '0 1 2',
      cpa_reward_amount: '1.11 2.22 3.21',
      income_info: {
        commission_rate: '1.5',
        commission_amount: yuan(Math.floor(item.priceFen / 100)),
        subsidy_rate: '11',
        subsidy_amount: '4',
        subsidy_upper_limit: '10',
        subsidy_type: '测试补贴',
      },
      future_activity_commission_rate: '1550',
      future_activity_time: String(PROMOTION_END),
    },
    price_promotion_info: priceInfo(item, promoted),
    item_basic_info: {
      title: item.title,
      pict_url: item.picture,
      level_one_category_name: item.category.split('/')[0],
      category_name: item.category,
      provcity: '测试省 测甲市',
      item_url: `//detail.example.invalid/item.htm?id=${item.askedId}`,
      user_type: 1,
      ratesum: '13',
      shop_dsr: '48000',
      i_rfd_rate: true,
      h_good_rate: true,
      h_pay_rate30: true,
      volume: 12,
      is_prepay: item.isCar,
      superior_brand: '1',
      material_lib_type: '1',
      tmall_desc_url: `https://desc.example.invalid/tmall?id=${item.askedId}`,
      taobao_desc_url: `https://desc.example.invalid/taobao?id=${item.askedId}`,
      shop_title: shop.shopName,
      free_shipment: true,
      brand_name: shop.brandName,
      short_title: item.isCar ? `${shop.brandName} ${item.seriesName}` : item.title,
      white_image: item.picture,
      seller_id: shop.sellerId,
      annual_vol: '1万+',
    },
    presale_info: item.isCar
      ? {
          presale_tail_end_time: PROMOTION_END,
          presale_tail_start_time: PROMOTION_START,
          presale_end_time: PROMOTION_END,
          presale_start_time: PROMOTION_START,
          presale_deposit: yuan(item.depositFen),
          presale_discount_fee_text: '付定金立减5元',
        }
      : undefined,
  };
}

function priceInfo(item: Item, promoted: number): NodeMap {
  const path = {
    promotion_title: '商品券',
    promotion_desc: '满10000减1000',
    promotion_fee: '1000.00',
    promotion_start_time: '2026-01-01 00:00:00',
    promotion_end_time: '2026-12-31 23:59:59',
    promotion_id: `sim-${item.outerId}`,
  };
  return {
    reserve_price: yuan(item.priceFen),
    zk_final_price: yuan(item.priceFen),
    final_promotion_price: yuan(promoted),
    final_promotion_path_list: new TaggedList('final_promotion_path_map_data', item.isCar ? [path] : []),
    promotion_tag_list: new TaggedList('promotion_tag_map_data', [{ tag_name: '88VIP' }]),
    predict_rounding_up_price: yuan(promoted),
    predict_rounding_up_price_desc: '需买1件',
    more_promotion_list: new TaggedList('more_promotion_map_data', [
      {
        promotion_title: '满件折',
        promotion_desc: '2件9折',
        promotion_start_time: String(PROMOTION_START),
        promotion_end_time: String(PROMOTION_END),
        promotion_id: `sim-more-${item.outerId}`,
        promotion_total_count: 1000,
        promotion_url: 'https://promotion.example.invalid/',
      },
    ]),
    activity_tag_list: new TaggedList('activity_tag_map_data', [{ tag_name: '测试好价节' }]),
    gov_subsidy: item.isCar
      ? {
          tag_name: '国家补贴',
          state_subsidy_info: {
            max_rebate: '1',
            min_rebate: '1',
            max_discount: '15.00',
            min_discount: '15.00',
          },
        }
      : undefined,
    future_activity_promotion_price: yuan(promoted),
    future_activity_promotion_path_list: new TaggedList('future_activity_promotion_d_t_o', [
      {
        promotion_title: '商品券',
        promotion_desc: '满10000减1000',
        promotion_fee: '1000.00',
        promotion_start_time: String(PROMOTION_START),
        promotion_end_time: String(PROMOTION_END),
      },
    ]),
  };
}
