import { withoutAbsent } from '../../domain/absent.ts';
import { collectExtra } from '../../domain/drift.ts';
import { type FieldReader, textOf } from '../../domain/fieldReader.ts';
import type { ItemPromotion, ItemSummary } from '../../domain/itemFacet.ts';
import {
  type TbkItemDetail,
  tbkGovSubsidyShape,
  tbkPublishShape,
  tbkShapes,
} from '../../top/apis/tbkItemInfoUpgradeGet.ts';

type Prices = NonNullable<TbkItemDetail['price_promotion_info']>;
type Text = string | undefined;

type PromotionRow = {
  readonly [member: string]: unknown;
  readonly promotion_title?: Text;
  readonly promotion_desc?: Text;
  readonly promotion_start_time?: Text;
  readonly promotion_end_time?: Text;
};
type PromotionRest = {
  readonly promotion_id?: Text;
  readonly promotion_fee?: Text;
  readonly promotion_total_count?: Text;
  readonly promotion_url?: Text;
};

/** One list of promotions; the three lists share most members. `known` are the documented ones. */
export function translatePromotions(
  list: string,
  rows: readonly (PromotionRow & PromotionRest)[],
  known: readonly string[],
  reader: FieldReader,
): ItemPromotion[] | undefined {
  if (rows.length === 0) return undefined;
  return rows.map((row, index) => {
    const place = `price_promotion_info.${list}.${index}.`;
    // A member that this list does not document is unchecked: it belongs to `extra`.
    const rest = (field: keyof PromotionRest): Text => (known.includes(field) ? row[field] : undefined);
    return withoutAbsent({
      promotionId: textOf(rest('promotion_id')),
      title: textOf(row.promotion_title),
      description: textOf(row.promotion_desc),
      promotionFen: reader.fen(`${place}promotion_fee`, rest('promotion_fee')),
      startAt: reader.at(`${place}promotion_start_time`, row.promotion_start_time),
      endAt: reader.at(`${place}promotion_end_time`, row.promotion_end_time),
      totalCount: reader.count(`${place}promotion_total_count`, rest('promotion_total_count')),
      url: textOf(rest('promotion_url')),
      extra: collectExtra(row, known),
    });
  });
}

export function translateTags(rows: Prices['promotion_tag_list']): ItemSummary['promotionTags'] {
  if (rows.length === 0) return undefined;
  return rows.map((row) =>
    withoutAbsent({ tagName: textOf(row.tag_name), extra: collectExtra(row, Object.keys(tbkShapes.tag)) }),
  );
}

export function translateGovSubsidy(gov: Prices['gov_subsidy']): ItemSummary['govSubsidy'] {
  const state = gov?.state_subsidy_info;
  return gov === undefined
    ? undefined
    : withoutAbsent({
        tagName: textOf(gov.tag_name),
        maxRebateRaw: textOf(state?.max_rebate),
        minRebateRaw: textOf(state?.min_rebate),
        maxDiscountRaw: textOf(state?.max_discount),
        minDiscountRaw: textOf(state?.min_discount),
        stateExtra: collectExtra(state ?? {}, Object.keys(tbkShapes.stateSubsidy)),
        extra: collectExtra(gov, Object.keys(tbkGovSubsidyShape)),
      });
}

/** A list written as one text, separated by blanks. */
function blankList(text: Text): string[] | undefined {
  return textOf(text)?.trim().split(/\s+/);
}

export function translatePublish(
  publish: TbkItemDetail['publish_info'],
  reader: FieldReader,
): ItemSummary['publish'] {
  if (publish === undefined) return undefined;
  const { income_info: income, topn_info: topn } = publish;
  const place = 'publish_info.';
  return withoutAbsent({
    incomeRate: textOf(publish.income_rate),
    commissionRate: textOf(income?.commission_rate),
    commissionAmountRaw: textOf(income?.commission_amount),
    subsidyRate: textOf(income?.subsidy_rate),
    subsidyAmountRaw: textOf(income?.subsidy_amount),
    subsidyUpperLimitRaw: textOf(income?.subsidy_upper_limit),
    subsidyType: textOf(income?.subsidy_type),
    incomeExtra: collectExtra(income ?? {}, Object.keys(tbkShapes.income)),
    topnQuantity: reader.count(`${place}topn_info.topn_quantity`, topn?.topn_quantity),
    topnTotalCount: reader.count(`${place}topn_info.topn_total_count`, topn?.topn_total_count),
    topnStartAt: reader.at(`${place}topn_info.topn_start_time`, topn?.topn_start_time),
    topnEndAt: reader.at(`${place}topn_info.topn_end_time`, topn?.topn_end_time),
    topnRate: textOf(topn?.topn_rate),
    topnExtra: collectExtra(topn ?? {}, Object.keys(tbkShapes.topn)),
    tljRemainQuantity: reader.count(`${place}tlj_remain_num`, publish.tlj_remain_num),
    twoHourPromotionSales: reader.count(`${place}two_hour_promotion_sales`, publish.two_hour_promotion_sales),
    dailyPromotionSales: reader.count(`${place}daily_promotion_sales`, publish.daily_promotion_sales),
    cpaRewardTypes: blankList(publish.cpa_reward_type),
    cpaRewardAmountsRaw: blankList(publish.cpa_reward_amount),
    futureActivityCommissionRate: textOf(publish.future_activity_commission_rate),
    futureActivityAt: reader.at(`${place}future_activity_time`, publish.future_activity_time),
    extra: collectExtra(publish, Object.keys(tbkPublishShape)),
  });
}

export function translatePresale(
  presale: TbkItemDetail['presale_info'],
  reader: FieldReader,
): ItemSummary['presale'] {
  if (presale === undefined) return undefined;
  const place = 'presale_info.';
  return withoutAbsent({
    startAt: reader.at(`${place}presale_start_time`, presale.presale_start_time),
    endAt: reader.at(`${place}presale_end_time`, presale.presale_end_time),
    tailStartAt: reader.at(`${place}presale_tail_start_time`, presale.presale_tail_start_time),
    tailEndAt: reader.at(`${place}presale_tail_end_time`, presale.presale_tail_end_time),
    depositFen: reader.fen(`${place}presale_deposit`, presale.presale_deposit),
    discountText: textOf(presale.presale_discount_fee_text),
    extra: collectExtra(presale, Object.keys(tbkShapes.presale)),
  });
}
