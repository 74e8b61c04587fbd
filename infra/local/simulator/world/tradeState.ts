import { floorSecond } from './timeline.ts';
import type { TradeEvent, TradeType } from './tradeLife.ts';

/** A trade as it stands at one moment: the fold of its events up to then. Times are epoch milliseconds. */
export type TradeState = {
  /** How many events have happened; equal versions look equal. */
  version: number;
  modifiedAt: number;
  status: string;
  depositPaidAt?: number;
  paidAt?: number;
  shippedAt?: number;
  finishedAt?: number;
  endedAt?: number;
  refund: 'none' | 'asked' | 'refused' | 'done';
  flagged: boolean;
};

/** What a trade is after each of its events. */
export function foldStates(events: readonly TradeEvent[], type: TradeType): TradeState[] {
  const states: TradeState[] = [];
  for (const event of events) states.push(apply(states.at(-1), event, type));
  return states;
}

/** The state at a moment (epoch ms); undefined before the trade exists. */
export function tradeStateAt(
  { events, states }: { events: readonly TradeEvent[]; states: readonly TradeState[] },
  at: number,
): TradeState | undefined {
  let happened = 0;
  for (const event of events) {
    if (event.at > at) break;
    happened += 1;
  }
  return states[happened - 1];
}

function apply(before: TradeState | undefined, event: TradeEvent, type: TradeType): TradeState {
  const state: TradeState = {
    refund: 'none',
    flagged: false,
    status: 'WAIT_BUYER_PAY',
    ...before,
    version: (before?.version ?? 0) + 1,
    modifiedAt: floorSecond(event.at),
  };
  switch (event.kind) {
    case 'created':
      return { ...state, status: type === 'nopaid' ? 'TRADE_NO_CREATE_PAY' : 'WAIT_BUYER_PAY' };
    case 'depositPaid':
      return { ...state, depositPaidAt: event.at };
    case 'paid':
      return {
        ...state,
        paidAt: event.at,
        status: type === 'pre_auth_type' ? 'WAIT_PRE_AUTH_CONFIRM' : 'WAIT_SELLER_SEND_GOODS',
      };
    case 'shipped':
      return { ...state, shippedAt: event.at, status: 'WAIT_BUYER_CONFIRM_GOODS' };
    case 'flagged':
      return { ...state, flagged: true };
    case 'finished':
      return { ...state, finishedAt: event.at, endedAt: event.at, status: 'TRADE_FINISHED' };
    case 'closedUnpaid':
      return { ...state, endedAt: event.at, status: 'TRADE_CLOSED_BY_TAOBAO' };
    case 'refundAsked':
      return { ...state, refund: 'asked' };
    case 'refundRefused':
      return { ...state, refund: 'refused' };
    case 'refunded':
      return { ...state, refund: 'done', endedAt: event.at, status: 'TRADE_CLOSED' };
    default:
      return unreachable(event.kind);
  }
}

function unreachable(kind: never): never {
  throw new TypeError(`unknown trade event ${String(kind)}`);
}
