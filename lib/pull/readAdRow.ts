import { toCarferryError } from '../core/errors.ts';
import type { ClearAdLine } from '../domain/adLine.ts';
import type { KeyProvider } from '../privacy/keyProvider.ts';
import { type UdOrderDetail, udSmartOrderDetailPull } from '../top/apis/udSmartOrderDetailPull.ts';
import { canonicalJson } from '../top/losslessJson.ts';
import type { TopRow } from '../top/topFields.ts';
import { rawId, rawText } from './rawFields.ts';
import type { RowOrigin, Unworkable } from './rowParking.ts';
import { translateAdLine } from './sources/adLineRecord.ts';

/** One row of the listing: an ad line (not yet sealed) with its hash, or unreadable with the reason. */
export type ReadAdRow =
  | {
      readonly ok: true;
      readonly origin: RowOrigin;
      readonly line: ClearAdLine & { readonly hash: string };
    }
  | { readonly ok: false; readonly origin: RowOrigin; readonly why: Unworkable };

const HINT =
  'compare the row with the API document; it is taken out of quarantine once TOP sends it readable';

/** Reads one row; never throws for what the row holds. */
export function readAdRow(
  row: TopRow<UdOrderDetail>,
  context: { readonly prodType: number; readonly observedAt: string },
  hmac: KeyProvider['hmac'],
): ReadAdRow {
  const { raw } = row;
  const orderId = rawId(raw, 'order_id');
  const shop = rawText(raw, 'seller_nick');
  const named = [orderId, rawId(raw, 'sub_order_id'), rawText(raw, 'order_status'), clickOf(raw)];
  // The same for a row before and after TOP repaired it, as long as it says which line it is.
  const identity =
    orderId === undefined
      ? `row#${hmac('row', canonicalJson(raw)).slice(0, 32)}`
      : `${context.prodType}#${named.map((part) => part ?? '').join('#')}`;
  const origin = { quarantineId: `${udSmartOrderDetailPull.method}#${identity}`, shop, orderId, raw };
  if (!row.ok) {
    const { field, expected } = row;
    return { ok: false, origin, why: { reason: 'unreadable-row', field, expected, hint: HINT } };
  }
  try {
    const hash = hmac('adLine', canonicalJson(row.value));
    return { ok: true, origin, line: { ...translateAdLine(row.value, context), hash } };
  } catch (thrown) {
    const error = toCarferryError(thrown);
    if (error.disposition !== 'park') throw error;
    const { reason, field, message } = error;
    return { ok: false, origin, why: { reason, field, expected: message, hint: error.hint ?? HINT } };
  }
}

function clickOf(raw: unknown): string | undefined {
  return (
    rawText(raw, 'syn_click_id') ??
    rawText(raw, 'asyn_click_id') ??
    rawText(raw, 'monitor_unique_id') ??
    `${rawText(raw, 'channel_id') ?? ''}@${rawText(raw, 'click_time') ?? ''}`
  );
}
