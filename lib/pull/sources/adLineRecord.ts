import { withoutAbsent } from '../../domain/absent.ts';
import type { ClearAdLine } from '../../domain/adLine.ts';
import { collectExtra } from '../../domain/drift.ts';
import { lenientReader, required, textOf } from '../../domain/fieldReader.ts';
import { AD_CHANNEL, AD_LINE_STATUS, AD_PRODUCT, wordFor } from '../../domain/statuses.ts';
import { type UdOrderDetail, udOrderDetailShape } from '../../top/apis/udSmartOrderDetailPull.ts';

const FIELDS = Object.keys(udOrderDetailShape);

/** The platform states no key; a line appears once per status and click of a product. */
function clickIdentity(row: UdOrderDetail, prodType: number): string {
  const click =
    textOf(row.syn_click_id) ??
    textOf(row.asyn_click_id) ??
    textOf(row.monitor_unique_id) ??
    `${row.channel_id ?? ''}@${row.click_time ?? ''}`;
  return `${prodType}.${click}`;
}

/** Fen by assumption: the platform states no unit for it. */
function assumedFen(raw: string | undefined): number | undefined {
  return raw !== undefined && /^-?\d{1,15}$/.test(raw) ? Number(raw) : undefined;
}

/**
 * One row of the UniDesk listing as ad line, without its hash. Pure. The times of payment and refund are
 * left out where the document calls them meaningless (status 1; statuses 1, 2 and 4).
 *
 * @throws CarferryError `park`, naming the field, for a missing order, sub-order, seller or status.
 */
export function translateAdLine(
  row: UdOrderDetail,
  context: { readonly prodType: number; readonly observedAt: string },
): ClearAdLine {
  const { prodType, observedAt } = context;
  const status = required('order_status', row.order_status);
  const orderId = required('order_id', row.order_id);
  const subOrderId = row.sub_order_id ?? orderId;
  const loose = lenientReader();
  const orderCreatedAt = loose.at('order_create_time', row.order_create_time);
  const payAt = status === 1 ? undefined : loose.at('order_pay_time', row.order_pay_time);
  const hasRefund = status !== 1 && status !== 2 && status !== 4;
  const refundAt = hasRefund ? loose.at('order_refund_time', row.order_refund_time) : undefined;
  const clickAt = loose.at('click_time', row.click_time);
  const actualPayRaw = textOf(row.actual_pay_fee);
  return withoutAbsent({
    orderId,
    line: `${subOrderId}#${status}#${clickIdentity(row, prodType)}`,
    subOrderId,
    shop: required('seller_nick', textOf(row.seller_nick)),
    prodType,
    prodTypeWord: wordFor(AD_PRODUCT, prodType),
    sellerId: textOf(row.seller_id),
    shopName: textOf(row.shop_name),
    brandId: textOf(row.brand_id),
    statusCode: status,
    status: wordFor(AD_LINE_STATUS, status),
    isAdOrder: row.is_ad_order,
    itemId: textOf(row.item_id),
    itemName: textOf(row.item_name),
    payItemId: textOf(row.pay_item_id),
    payItemName: textOf(row.pay_item_name),
    pictureUrl: textOf(row.item_pic_url),
    buyAmount: row.buy_amount,
    orderCreatedAt,
    payFen: row.pay_fee,
    duePayFen: row.due_pay_fee,
    actualPayFen: assumedFen(actualPayRaw),
    actualPayRaw,
    presaleDepositFen: row.presale_deposit_fee,
    remainingPaymentFen: row.remaining_payment_fee,
    payAt,
    refundAt,
    refundFen: row.order_refund_fee,
    commissionRate: textOf(row.commission_rate),
    commissionFen: row.commission_fee,
    // Empty says no, but only where the field has a meaning.
    isAttributedByOthers: row.is_attr_by_others ?? (status === 2 ? false : undefined),
    channelId: textOf(row.channel_id),
    channel: wordFor(AD_CHANNEL, row.channel_id),
    clickAt,
    advertiserId: textOf(row.advertiser_id),
    campaignId: textOf(row.campaign_id),
    adgroupId: textOf(row.adgroup_id),
    creativeId: textOf(row.creative_id),
    projectId: textOf(row.project_id),
    promotionId: textOf(row.promotion_id),
    mid1: textOf(row.mid1),
    mid2: textOf(row.mid2),
    mid3: textOf(row.mid3),
    synClickId: textOf(row.syn_click_id),
    synRequestId: textOf(row.syn_request_id),
    asynClickId: textOf(row.asyn_click_id),
    asynRequestId: textOf(row.asyn_request_id),
    monitorUniqueId: textOf(row.monitor_unique_id),
    cSite: textOf(row.c_site),
    cType: textOf(row.c_type),
    bVid: textOf(row.b_vid),
    observedAt,
    unread: loose.unread(),
    extra: collectExtra(row, FIELDS),
  });
}
