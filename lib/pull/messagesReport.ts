import type { Ending } from './streamReport.ts';

/** What one run did; counts of messages unless named otherwise. */
export type MessagesReport = Omit<Ending, 'state'> & {
  state: Ending['state'] | 'off';
  consumed: number;
  confirmed: number;
  /** Orders that messages named. */
  orders: number;
  /** Orders that the live lane has still to bring. */
  unknownOrders: number;
  /** Orders put into the queue: changed trades, and dues. */
  enqueued: number;
  trades: number;
  dues: number;
  unknownTopics: number;
  withoutOrder: number;
  /** Of sellers that are not configured. */
  foreign: number;
  /** Rows without an id: they cannot even be confirmed. */
  unreadable: number;
  /** Left unconfirmed, to come again. */
  postponed: number;
  more: boolean;
};

/** A report to count in. */
export function emptyReport(): MessagesReport {
  return {
    state: 'caught-up',
    consumed: 0,
    confirmed: 0,
    orders: 0,
    unknownOrders: 0,
    enqueued: 0,
    trades: 0,
    dues: 0,
    unknownTopics: 0,
    withoutOrder: 0,
    foreign: 0,
    unreadable: 0,
    postponed: 0,
    more: false,
  };
}
