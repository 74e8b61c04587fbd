/*
 * Every enumeration that the platform documents, code → word. Codes are kept as received; words are
 * carferry's own. The sets are open: a code without a word is normal and never an error. Sources: the five
 * API documents and the protocol notes, section 11.
 */

/** Code → word. */
export type StatusTable = Readonly<Record<string, string>>;

/** Trade and sub-order `status`. */
export const TRADE_STATUS = {
  TRADE_NO_CREATE_PAY: 'payment-not-created',
  WAIT_BUYER_PAY: 'waiting-for-payment',
  SELLER_CONSIGNED_PART: 'partly-shipped',
  WAIT_SELLER_SEND_GOODS: 'paid',
  WAIT_BUYER_CONFIRM_GOODS: 'shipped',
  TRADE_BUYER_SIGNED: 'signed-for',
  TRADE_FINISHED: 'finished',
  TRADE_CLOSED: 'closed-after-refund',
  TRADE_CLOSED_BY_TAOBAO: 'closed-unpaid',
  PAY_PENDING: 'payment-pending',
  WAIT_PRE_AUTH_CONFIRM: 'waiting-for-pre-authorisation',
  PAID_FORBID_CONSIGN: 'paid-shipping-forbidden',
} as const satisfies StatusTable;

/** Trade `type`, and the complete list that a pull must ask for. */
export const TRADE_TYPE = {
  fixed: 'fixed-price',
  auction: 'auction',
  guarantee_trade: 'guaranteed',
  auto_delivery: 'automatic-delivery',
  independent_simple_trade: 'independent-simple',
  independent_shop_trade: 'independent-shop',
  ec: 'direct-charge',
  cod: 'cash-on-delivery',
  fenxiao: 'distribution',
  game_equipment: 'game-equipment',
  shopex_trade: 'shopex',
  netcn_trade: 'netcn',
  external_trade: 'external',
  o2o_offlinetrade: 'o2o-offline',
  step: 'staged',
  nopaid: 'without-payment',
  pre_auth_type: 'pre-authorised',
} as const satisfies StatusTable;

/** `step_trade_status`: deposit and final payment of a staged trade. */
export const STEP_TRADE_STATUS = {
  FRONT_NOPAID_FINAL_NOPAID: 'deposit-unpaid',
  FRONT_PAID_FINAL_NOPAID: 'deposit-paid',
  FRONT_PAID_FINAL_PAID: 'fully-paid',
} as const satisfies StatusTable;

/** Sub-order `refund_status` of a trade; `NO_REFUND` is known from the platform's own trade API. */
export const TRADE_REFUND_STATUS = {
  NO_REFUND: 'none',
  WAIT_SELLER_AGREE: 'requested',
  WAIT_BUYER_RETURN_GOODS: 'agreed-waiting-for-return',
  WAIT_SELLER_CONFIRM_GOODS: 'returned-waiting-for-seller',
  SELLER_REFUSE_BUYER: 'refused',
  CLOSED: 'closed',
  SUCCESS: 'succeeded',
} as const satisfies StatusTable;

export const SELLER_TYPE = { B: 'mall', C: 'ordinary' } as const satisfies StatusTable;

export const SHIPPING_TYPE = {
  free: 'free',
  post: 'post',
  express: 'express',
  ems: 'ems',
  virtual: 'virtual',
  '25': 'next-day',
  '26': 'by-appointment',
} as const satisfies StatusTable;

export const SELLER_FLAG = {
  '1': 'red',
  '2': 'yellow',
  '3': 'green',
  '4': 'blue',
  '5': 'purple',
} as const satisfies StatusTable;

/** One code of the comma list `trade_from`. */
export const TRADE_FROM = {
  WAP: 'mobile',
  HITAO: 'hitao',
  TOP: 'top-platform',
  TAOBAO: 'taobao',
  JHS: 'group-buy',
} as const satisfies StatusTable;

export const TRADE_SOURCE = { ownshop: 'own-shop' } as const satisfies StatusTable;

export const RX_AUDIT_STATUS = { '0': 'not-audited' } as const satisfies StatusTable;

/** `pay_status` of a whole-car order; the platform does not repeat the list for payments and their stages. */
export const CAR_PAY_STATUS = {
  '1': 'unpaid',
  '2': 'paid',
  '4': 'refunded',
  '6': 'succeeded',
  '8': 'closed-unpaid',
} as const satisfies StatusTable;

export const CAR_REFUND_STATUS = {
  '1': 'requested',
  '2': 'agreed-waiting-for-return',
  '3': 'returned-waiting-for-seller',
  '4': 'closed',
  '5': 'succeeded',
  '6': 'refused',
  '9': 'none',
} as const satisfies StatusTable;

/** `order_status` of an ad line. */
export const AD_LINE_STATUS = {
  '1': 'placed',
  '2': 'paid',
  '3': 'refunded',
  '4': 'presale',
  '5': 'received',
} as const satisfies StatusTable;

/** `channel_id` of an ad line. */
export const AD_CHANNEL = {
  '1': 'ocean-engine-2.0',
  '104': 'tencent-3.0',
  '105': 'kuaishou',
  '108': 'bilibili',
  '109': 'weibo',
} as const satisfies StatusTable;

/** `prod_type` of an ad line. */
export const AD_PRODUCT = { '1': 'ud-smart', '2': 'traffic-pro' } as const satisfies StatusTable;

/**
 * The code itself: a document's decoration (`fixed(一口价)`, full-width brackets too) is taken off when what
 * remains is a code of the table; anything else stays as received.
 */
export function codeOf(table: StatusTable, received: string): string {
  const bare = /^\s*([^\s()（）]+)\s*[(（].*[)）]\s*$/.exec(received)?.[1];
  return bare !== undefined && Object.hasOwn(table, bare) ? bare : received;
}

/** The word for a code, decorated or not; `undefined` for a code that the documents do not know. */
export function wordFor(table: StatusTable, code: string | number | undefined): string | undefined {
  if (code === undefined) return undefined;
  const bare = codeOf(table, String(code));
  return Object.hasOwn(table, bare) ? table[bare] : undefined;
}
