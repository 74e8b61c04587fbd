import { toCarferryError } from '../core/errors.ts';
import { fromChinaWallClock, toEpochMs } from '../domain/chinaTime.ts';
import type { TradeFacet } from '../domain/tradeFacet.ts';
import type { KeyProvider } from '../privacy/keyProvider.ts';
import { type CrmTrade, crmTradesInfoCreate } from '../top/apis/crmTradesInfoCreate.ts';
import { canonicalJson } from '../top/losslessJson.ts';
import type { TopRow } from '../top/topFields.ts';
import { rawId, rawText } from './rawFields.ts';
import type { RowOrigin, Unworkable } from './rowParking.ts';
import { tokenOfHash, tokenOfId } from './seenRows.ts';
import { translateTrade } from './sources/tradeRecord.ts';

type Read = {
  /** Counts the row once, however often the listing shows it. */
  readonly token: string;
  /** Epoch milliseconds, when the row says it. */
  readonly createdAt: number | undefined;
  readonly origin: RowOrigin;
  /** It names another seller than the one asked for; gateways may spell a seller otherwise, so it is only told. */
  readonly isForeign: boolean;
};

/** One row of the listing: a trade (not yet sealed) with its hash, or unreadable with the reason. */
export type ReadTradeRow =
  | (Read & { readonly ok: true; readonly trade: TradeFacet; readonly hash: string })
  | (Read & { readonly ok: false; readonly why: Unworkable });

/**
 * Reads one row; never throws for what the row holds. `otherShops`: seller nicks of the other configured shops.
 */
export function readTradeRow(
  row: TopRow<CrmTrade>,
  shop: string,
  hmac: KeyProvider['hmac'],
  otherShops?: ReadonlySet<string>,
): ReadTradeRow {
  const seller = rawText(row.raw, 'seller_nick');
  const text = canonicalJson(row.raw);
  const orderId = rawId(row.raw, 'tid');
  const rowHash = hmac('row', text);
  const read: Read = {
    token: orderId === undefined ? tokenOfHash(rowHash) : tokenOfId(orderId),
    createdAt: createdAtOf(row.raw),
    isForeign: seller !== undefined && seller !== shop,
    origin: {
      quarantineId: `${crmTradesInfoCreate.method}#${orderId ?? `row#${rowHash.slice(0, 32)}`}`,
      shop,
      orderId,
      raw: row.raw,
    },
  };
  if (!row.ok) {
    const { field, expected } = row;
    return { ...read, ok: false, why: { reason: 'unreadable-row', field, expected, hint: HINT } };
  }
  // Another configured shop's trade under this shop's name would be two shops' order.
  if (seller !== undefined && otherShops?.has(seller) === true) return { ...read, ok: false, why: FOREIGN };
  try {
    // Of what was read, not of what came: the gateway writes the same row in several spellings.
    const hash = hmac('trade', canonicalJson(row.value));
    return { ...read, ok: true, trade: translateTrade(row.value, shop), hash };
  } catch (thrown) {
    const error = toCarferryError(thrown);
    if (error.disposition !== 'park') throw error;
    const { reason, field, message } = error;
    return { ...read, ok: false, why: { reason, field, expected: message, hint: error.hint ?? HINT } };
  }
}

const FOREIGN = {
  reason: 'foreign-seller',
  field: 'seller_nick',
  expected: 'the seller that was asked for',
  hint: 'the row names another configured shop: compare the sessions in CARFERRY_SHOPS',
};

const HINT =
  'compare the row with the API document; it is taken out of quarantine once TOP sends it readable';

function createdAtOf(raw: unknown): number | undefined {
  const text = rawText(raw, 'created');
  if (text === undefined) return undefined;
  try {
    return toEpochMs(fromChinaWallClock(text));
  } catch {
    return undefined;
  }
}
