import { toCarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { OrderRecord } from '../domain/order.ts';
import type { QueueMessage } from '../domain/queueMessage.ts';
import type { OrdersTable } from '../store/ordersTable.ts';
import { crmTradesInfoCreate } from '../top/apis/crmTradesInfoCreate.ts';
import { tmcMessagesConfirm } from '../top/apis/tmcMessagesConfirm.ts';
import { type TmcMessage, tmcMessagesConsume } from '../top/apis/tmcMessagesConsume.ts';
import type { TopRow } from '../top/topFields.ts';
import { inParallel } from './inParallel.ts';
import { emptyReport, type MessagesReport } from './messagesReport.ts';
import type { RunLimits } from './pullInput.ts';
import { createTradeRereader, type TradeRereader } from './rereadTrades.ts';
import { createRowParking, type RowParkingDeps } from './rowParking.ts';
import { createRunTime, endingOf } from './runTime.ts';
import { type NamedOrder, type ReadableMessage, sortMessages } from './sortMessages.ts';
import type { TradeShop, TradeSourceDeps } from './walkTrades.ts';

/** Most that TOP gives, and takes back, in one call. */
const BATCH = 200;
const AT_ONCE = 10;
/** Between two looks into an empty queue; TOP asks for at least 100 ms. */
const PAUSE_MS = 1_000;

export type PullMessagesDeps = Omit<TradeSourceDeps, 'parking' | 'orders'> &
  RowParkingDeps & {
    readonly orders: Pick<OrdersTable, 'read' | 'versionsOf'>;
    readonly shops: readonly TradeShop[];
    readonly log: Log;
    /** Off: no call is made. */
    readonly isOn: boolean;
    /** Consumer group; default the app's own. */
    readonly group?: string | undefined;
    /** How long an empty queue is looked into again; 0: once is enough. */
    readonly pollMs: number;
  };

type Refreshed = { readonly isDone: boolean; readonly due?: QueueMessage };

/**
 * Takes the platform's messages until there are none. A message only names an order: the order is asked for
 * again, and the message confirmed once that is durable, so a crash anywhere brings it back.
 */
export async function pullMessages(deps: PullMessagesDeps, limits: RunLimits): Promise<MessagesReport> {
  const { clock, log } = deps;
  const time = createRunTime(clock, limits);
  const report = emptyReport();
  if (!deps.isOn) return { ...report, state: 'off' };
  const group = deps.group === undefined ? {} : { group_name: deps.group };
  const options = { signal: limits.signal, deadline: limits.deadline };
  // The rows are those of the listing, whoever asks for it.
  const parking = createRowParking(crmTradesInfoCreate.method, deps);
  const pollUntil = clock.now() + deps.pollMs;
  /** Whatever is not confirmed may come again at once; seen twice, it waits for the next run. */
  const seen = new Set<string>();

  async function consume(): Promise<TopRow<TmcMessage>[]> {
    const { messages } = await deps.top.call(
      tmcMessagesConsume,
      { ...group, quantity: String(BATCH) },
      options,
    );
    return messages;
  }

  async function confirm(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await deps.top.call(tmcMessagesConfirm, { ...group, s_message_ids: ids.join(',') }, options);
    report.confirmed += ids.length;
  }

  /** Reads the trade of one order again, and says what else the order needs before its messages are done with. */
  async function refresh({ orderId, shop }: NamedOrder, trades: TradeRereader): Promise<Refreshed> {
    const order = await deps.orders.read(orderId);
    if (order === undefined || order.shop !== shop.sellerNick) {
      report.unknownOrders += 1;
      return { isDone: true };
    }
    const reread = time.isShort() ? 'later' : await trades.reread(order, shop);
    const isDone = reread !== 'later';
    // A changed trade in the queue brings every step with it.
    if (trades.isSent(orderId)) report.trades += 1;
    else if (isCar(order)) return { isDone, due: dueOf(order) };
    return { isDone };
  }

  /** Does one batch; false when there was nothing new in it. */
  async function work(): Promise<boolean> {
    const rows = await consume();
    const readable: ReadableMessage[] = [];
    for (const row of rows) {
      const id = row.ok ? row.value.id : undefined;
      if (!row.ok || id === undefined) report.unreadable += 1;
      else if (!seen.has(id)) readable.push({ ...row.value, id });
    }
    for (const { id } of readable) seen.add(id);
    if (readable.length === 0) return false;
    report.consumed += readable.length;
    const { named, done } = sortMessages(readable, { shops: deps.shops, report, log });
    report.orders += named.length;
    const trades = createTradeRereader({ ...deps, parking }, limits);
    const refreshed = await inParallel(named, AT_ONCE, (order) => refresh(order, trades));
    const dues = refreshed.flatMap(({ due }) => (due === undefined ? [] : [due]));
    if (dues.length > 0) await deps.sender.send(dues);
    report.dues += dues.length;
    report.enqueued = report.trades + report.dues;
    for (const [index, { messageIds }] of named.entries()) {
      if (refreshed[index]?.isDone === true) done.push(...messageIds);
      else report.postponed += messageIds.length;
    }
    await confirm(done);
    return true;
  }

  try {
    for (;;) {
      if (time.isShort()) return { ...report, state: 'more', more: true };
      if (await work()) continue;
      if (clock.now() >= pollUntil) return report;
      await time.pause(PAUSE_MS);
      if (time.isShort()) return report;
    }
  } catch (thrown) {
    const error = toCarferryError(thrown);
    const ending = endingOf(error, time);
    if (ending.state !== 'more')
      log.warn('messages-stopped', { reason: error.reason, disposition: error.disposition });
    return { ...report, ...ending, more: ending.state === 'more' };
  }
}

function dueOf({ shop, orderId }: OrderRecord): QueueMessage {
  return { v: 1, kind: 'due', shop, orderId, reason: 'message', steps: ['car', 'lead'] };
}

/** Accessories have neither a car order nor a lead to ask for. */
function isCar({ car, owes }: OrderRecord): boolean {
  return car !== undefined || owes.includes('car');
}
