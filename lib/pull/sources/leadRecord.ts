import { withoutAbsent } from '../../domain/absent.ts';
import { collectExtra } from '../../domain/drift.ts';
import { required, strictReader, textOf } from '../../domain/fieldReader.ts';
import type { ClearLeadRecord } from '../../domain/leadRecord.ts';
import { Clear } from '../../domain/personal.ts';
import { type LeadInfo, leadInfoShape } from '../../top/apis/aliautoLeadInfoGet.ts';

const FIELDS = Object.keys(leadInfoShape);

/** The platform writes two quote characters for "no rating". */
function ratingOf(rating: string | undefined): string | undefined {
  return rating?.trim() === '""' ? undefined : textOf(rating);
}

/**
 * The lead of an order, without hash and blind index. Pure; the phone is `Clear`.
 *
 * @throws CarferryError `park`, naming the field, without a lead number or a readable creation time.
 */
export function translateLead(
  data: LeadInfo,
  context: { readonly shop: string; readonly orderId: string; readonly observedAt: string },
): ClearLeadRecord {
  const { shop, orderId, observedAt } = context;
  const leadNo = required('data.lead_no', textOf(data.lead_no));
  const createdAt = strictReader('data.').at('gmt_create', data.gmt_create);
  const phone = textOf(data.lead_num);
  return withoutAbsent({
    leadId: leadNo,
    source: 'pulled' as const,
    shop,
    orderId,
    upstreamOrderId: data.order_id === orderId ? undefined : data.order_id,
    leadNo,
    createdAt: required('data.gmt_create', createdAt),
    observedAt,
    phone: phone === undefined ? undefined : new Clear('phone', phone),
    brandId: textOf(data.brand_id),
    brandName: textOf(data.brand_name),
    seriesId: textOf(data.series_id),
    seriesName: textOf(data.series_name),
    itemId: textOf(data.item_id),
    itemTitle: textOf(data.item_title),
    skuOuterId: textOf(data.sku_outer_id),
    orderStatus: textOf(data.order_status),
    leadType: textOf(data.lead_type),
    rating: ratingOf(data.rating),
    orderAmountRaw: textOf(data.order_amount),
    extra: collectExtra(data, FIELDS),
  });
}
