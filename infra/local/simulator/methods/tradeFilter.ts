import { invalidArgument, invalidParameter } from '../gatewayFailure.ts';
import type { ListedTrade } from './listedTrades.ts';

type Params = ReadonlyMap<string, string>;

/** Unset `type` means only these; the types of staged car orders are not among them. */
const defaultTypes = ['guarantee_trade', 'auto_delivery', 'ec', 'cod'];
const types = new Set([
  ...defaultTypes,
  'fixed',
  'auction',
  'independent_simple_trade',
  'independent_shop_trade',
  'fenxiao',
  'game_equipment',
  'shopex_trade',
  'netcn_trade',
  'external_trade',
  'o2o_offlinetrade',
  'step',
  'nopaid',
  'pre_auth_type',
]);
const statuses = new Set([
  'TRADE_NO_CREATE_PAY',
  'WAIT_BUYER_PAY',
  'SELLER_CONSIGNED_PART',
  'WAIT_SELLER_SEND_GOODS',
  'WAIT_BUYER_CONFIRM_GOODS',
  'TRADE_BUYER_SIGNED',
  'TRADE_FINISHED',
  'TRADE_CLOSED',
  'TRADE_CLOSED_BY_TAOBAO',
  'PAY_PENDING',
  'WAIT_PRE_AUTH_CONFIRM',
  'PAID_FORBID_CONSIGN',
]);
const groups = new Map([
  ['ALL_WAIT_PAY', ['WAIT_BUYER_PAY', 'TRADE_NO_CREATE_PAY']],
  ['ALL_CLOSED', ['TRADE_CLOSED', 'TRADE_CLOSED_BY_TAOBAO']],
]);
/** Wanted [buyer has rated, seller has rated]; undefined for either. */
const rates = new Map<string, readonly [boolean | undefined, boolean | undefined]>([
  ['RATE_UNBUYER', [false, undefined]],
  ['RATE_UNSELLER', [undefined, false]],
  ['RATE_BUYER_UNSELLER', [true, false]],
  ['RATE_UNBUYER_SELLER', [false, true]],
  ['RATE_BUYER_SELLER', [true, true]],
]);

/** The filter parameters as one predicate; a value outside the documented ones is refused by its name. */
export function tradeFilter(params: Params): (trade: ListedTrade) => boolean {
  const wantedTypes = new Set(
    (params.get('type') || defaultTypes.join(',')).split(',').map((type) => type.trim()),
  );
  for (const type of wantedTypes) if (!types.has(type)) throw invalidParameter('type');
  const status = params.get('status');
  if (status && !statuses.has(status) && !groups.has(status)) throw invalidParameter('status');
  const wantedStatuses = status ? new Set(groups.get(status) ?? [status]) : undefined;
  const rate = params.get('rate_status');
  if (rate && !rates.has(rate)) throw invalidParameter('rate_status');
  const [buyerRated, sellerRated] = (rate ? rates.get(rate) : undefined) ?? [undefined, undefined];
  const marked = oneOf(params, 'ext_type', ['ershou', 'service', 'mark']);
  const tagged = oneOf(params, 'tag', ['time_card', 'fee_card']);
  const buyer = params.get('buyer_open_id');

  return (trade) =>
    // Nothing in this world carries such a mark.
    !marked &&
    !tagged &&
    wantedTypes.has(trade.type) &&
    (wantedStatuses === undefined || wantedStatuses.has(trade.status)) &&
    (buyerRated === undefined || trade.buyerRated === buyerRated) &&
    (sellerRated === undefined || trade.sellerRated === sellerRated) &&
    (!buyer || trade.buyerOpenUid === buyer);
}

function oneOf(params: Params, name: string, values: readonly string[]): boolean {
  const value = params.get(name);
  if (value && !values.includes(value)) throw invalidParameter(name);
  return Boolean(value);
}

/** A positive whole number as text; the default when absent. */
export function pageParam(params: Params, name: string, otherwise: number): number {
  const text = params.get(name);
  if (!text) return otherwise;
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw invalidArgument(name);
  return Number(text);
}
