import { withoutAbsent } from '../../domain/absent.ts';
import { collectExtra } from '../../domain/drift.ts';
import { lenientReader, textOf } from '../../domain/fieldReader.ts';
import type { ItemSummary } from '../../domain/itemFacet.ts';
import {
  type TbkItemDetail,
  tbkItemShape,
  tbkPriceShape,
  tbkShapes,
} from '../../top/apis/tbkItemInfoUpgradeGet.ts';
import {
  translateGovSubsidy,
  translatePresale,
  translatePromotions,
  translatePublish,
  translateTags,
} from './itemParts.ts';

const ITEM_FIELDS = Object.keys(tbkItemShape);
const BASIC_FIELDS = Object.keys(tbkShapes.basic);
const PRICE_FIELDS = Object.keys(tbkPriceShape);

/** What stands for an item that TOP does not know, so that it is not asked for at every order. */
export function missingItem(askedId: string, observedAt: string): ItemSummary {
  return { itemId: askedId, missing: true, observedAt };
}

/**
 * One row of the item details as item summary. Pure. Prices become fen, times of either spelling `+08:00`;
 * a number or time that cannot be read is kept in `unread` under its path and costs nothing else.
 *
 * @param askedId the id in the trade; TOP's own id of the item may differ and change.
 */
export function translateItem(row: TbkItemDetail, askedId: string, observedAt: string): ItemSummary {
  const reader = lenientReader();
  const basic = row.item_basic_info ?? {};
  const prices = row.price_promotion_info;
  const price = (field: keyof typeof tbkPriceShape, text: string | undefined) =>
    reader.fen(`price_promotion_info.${field}`, text);
  const inBasic = (field: keyof typeof tbkShapes.basic) => `item_basic_info.${field}`;
  const promotions = (
    list: 'final_promotion_path_list' | 'more_promotion_list' | 'future_activity_promotion_path_list',
    shape: object,
  ) => translatePromotions(list, prices?.[list] ?? [], Object.keys(shape), reader);
  const summary: ItemSummary = {
    itemId: askedId,
    inputItemId: textOf(row.input_item_iid),
    upstreamItemId: textOf(row.item_id),
    observedAt,
    title: textOf(basic.title),
    shortTitle: textOf(basic.short_title),
    brandName: textOf(basic.brand_name),
    categoryName: textOf(basic.category_name),
    levelOneCategoryName: textOf(basic.level_one_category_name),
    shopTitle: textOf(basic.shop_title),
    sellerId: textOf(basic.seller_id),
    provCity: textOf(basic.provcity),
    priceFen: price('zk_final_price', prices?.zk_final_price),
    reservePriceFen: price('reserve_price', prices?.reserve_price),
    finalPromotionPriceFen: price('final_promotion_price', prices?.final_promotion_price),
    predictRoundingUpPriceFen: price('predict_rounding_up_price', prices?.predict_rounding_up_price),
    predictRoundingUpPriceDescription: textOf(prices?.predict_rounding_up_price_desc),
    futureActivityPromotionPriceFen: price(
      'future_activity_promotion_price',
      prices?.future_activity_promotion_price,
    ),
    pictureUrl: textOf(basic.pict_url),
    whiteImageUrl: textOf(basic.white_image),
    itemUrl: textOf(basic.item_url),
    tmallDescriptionUrl: textOf(basic.tmall_desc_url),
    taobaoDescriptionUrl: textOf(basic.taobao_desc_url),
    userTypeCode: reader.count(inBasic('user_type'), basic.user_type),
    rateSum: reader.count(inBasic('ratesum'), basic.ratesum),
    shopDsr: reader.count(inBasic('shop_dsr'), basic.shop_dsr),
    iRfdRate: reader.flag(inBasic('i_rfd_rate'), basic.i_rfd_rate),
    hGoodRate: reader.flag(inBasic('h_good_rate'), basic.h_good_rate),
    hPayRate30: reader.flag(inBasic('h_pay_rate30'), basic.h_pay_rate30),
    volume: reader.count(inBasic('volume'), basic.volume),
    annualVolume: textOf(basic.annual_vol),
    isPrepay: reader.flag(inBasic('is_prepay'), basic.is_prepay),
    superiorBrandCode: textOf(basic.superior_brand),
    materialLibTypeCode: textOf(basic.material_lib_type),
    freeShipment: reader.flag(inBasic('free_shipment'), basic.free_shipment),
    finalPromotions: promotions('final_promotion_path_list', tbkShapes.finalPromotion),
    morePromotions: promotions('more_promotion_list', tbkShapes.morePromotion),
    futurePromotions: promotions('future_activity_promotion_path_list', tbkShapes.futurePromotion),
    promotionTags: translateTags(prices?.promotion_tag_list ?? []),
    activityTags: translateTags(prices?.activity_tag_list ?? []),
    govSubsidy: translateGovSubsidy(prices?.gov_subsidy),
    publish: translatePublish(row.publish_info, reader),
    presale: translatePresale(row.presale_info, reader),
    basicExtra: collectExtra(basic, BASIC_FIELDS),
    priceExtra: collectExtra(prices ?? {}, PRICE_FIELDS),
    extra: collectExtra(row, ITEM_FIELDS),
  };
  return withoutAbsent({ ...summary, unread: reader.unread() });
}
