import * as z from 'zod';
import { type QueueMessage, queueMessageSchema } from '../../lib/domain/queueMessage.ts';
import { fromItem, type Item } from '../../lib/store/items.ts';
import type { Exchange, Reply } from './faultProxy.ts';

/** What was found wrong, in the words of the last line. */
export type Finding = { readonly kind: 'lost' | 'doubled' | 'regressed'; readonly what: string };

type Row = Record<string, unknown>;
type Version = { readonly order: number; readonly row: Row };

/** What the queues have taken so far. */
export type Accepted = {
  /** Greatest `modifiedAt` of a trade, by order id. */
  readonly trades: Map<string, string>;
  /** How often, by order id and reason. */
  readonly dues: Map<string, number>;
};

/** Sees every request that reached a server, and holds it to what must never happen, while it happens. */
export type Watch = {
  after(exchange: Exchange, reply: Reply): void;
  readonly accepted: Accepted;
  /** Told whenever a stream's watermark or end was written. */
  onAdvance: (row: Row) => void;
  /** Names, phones and the like that must not travel in clear. */
  canaries: readonly string[];
  note(finding: Finding): void;
  findings(): Finding[];
};

const batchSchema = z.object({ Entries: z.array(z.object({ Id: z.string(), MessageBody: z.string() })) });
const confirmedSchema = z.object({ Successful: z.array(z.object({ Id: z.string() })).optional() });
const itemSchema = z.custom<Item>((value) => typeof value === 'object' && value !== null);
const writtenSchema = z.object({ Attributes: itemSchema.optional() });
const keySchema = z.object({ Key: itemSchema });

export function createWatch(accepted: Accepted = { trades: new Map(), dues: new Map() }): Watch {
  const found: Finding[] = [];
  const { trades, dues } = accepted;
  const versions = new Map<string, Version[]>();

  function note(finding: Finding): void {
    if (!found.some(({ what }) => what === finding.what)) found.push(finding);
  }

  function accept(message: QueueMessage): void {
    if (message.kind === 'trade') {
      const { modifiedAt } = message.trade;
      const before = trades.get(message.orderId) ?? '';
      trades.set(message.orderId, modifiedAt > before ? modifiedAt : before);
    }
    if (message.kind !== 'due') return;
    const name = `${message.orderId} ${message.reason}`;
    dues.set(name, (dues.get(name) ?? 0) + 1);
  }

  function onSend({ body }: Exchange, reply: Reply): void {
    const { Entries } = batchSchema.parse(body);
    const confirmed = new Set(
      confirmedSchema.parse(JSON.parse(reply.body.toString())).Successful?.map(({ Id }) => Id),
    );
    for (const { Id, MessageBody } of Entries) {
      if (confirmed.has(Id)) accept(queueMessageSchema.parse(JSON.parse(MessageBody)));
    }
  }

  /** A due leaves the table only after its message is in the queue. */
  function onDueRemoved({ body }: Exchange): void {
    const { orderId, reason } = fromItem(keySchema.parse(body).Key);
    if (reason === 'leadCheck') return;
    if (!dues.has(`${orderId} ${reason}`)) note({ kind: 'lost', what: `a due left before it was sent` });
  }

  function onRow(name: string, order: unknown, row: Row): void {
    const history = versions.get(name) ?? [];
    history.push({ order: Number(order), row });
    if (history.length > MOST_VERSIONS) {
      for (const one of regressions(name, history)) note(one);
      history.splice(0, history.length - KEPT_VERSIONS);
    }
    versions.set(name, history);
  }

  function onWritten(name: string, reply: Reply): void {
    const { Attributes } = writtenSchema.parse(JSON.parse(reply.body.toString()));
    if (Attributes === undefined) return;
    const row = fromItem(Attributes);
    if (!name.startsWith('stream.')) {
      onRow(`order ${row['orderId']}`, row['rev'], row);
      return;
    }
    onRow(`stream ${row['stream']}`, row['version'], row);
    if (name === 'stream.advance' || name === 'stream.finish') watch.onAdvance(row);
  }

  function after(exchange: Exchange, reply: Reply): void {
    const { service, name, text } = exchange;
    if (service === 'top' || reply.status !== 200) return;
    for (const canary of watch.canaries) {
      if (text.includes(canary)) note({ kind: 'lost', what: `personal data in clear in ${name}` });
    }
    if (name.startsWith('send.')) onSend(exchange, reply);
    else if (name === 'due.remove') onDueRemoved(exchange);
    else if (/^(stream|trade|facets)\./.test(name) && exchange.body['UpdateExpression'] !== undefined) {
      onWritten(name, reply);
    }
  }

  const watch: Watch = {
    after,
    accepted,
    onAdvance: () => undefined,
    canaries: [],
    note,
    findings: () => {
      for (const [name, history] of versions) for (const one of regressions(name, history)) note(one);
      return [...found];
    },
  };
  return watch;
}

/** Answers of concurrent writes may be seen in another order, but not that late. */
const KEPT_VERSIONS = 10;
const MOST_VERSIONS = 60;

/** What never goes back from one version of a row to the next. */
const RISING = {
  stream: ['fence'],
  order: ['tradeModifiedAt', 'carRev', 'itemsRev', 'attributionRev', 'leadRev'],
} as const;

function regressions(name: string, history: readonly Version[]): Finding[] {
  const isStream = name.startsWith('stream ');
  const members: readonly string[] = isStream ? RISING.stream : RISING.order;
  const found: Finding[] = [];
  const sorted = history.toSorted((a, b) => a.order - b.order);
  for (const [index, { order, row }] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before === undefined) continue;
    if (isStream && before.order === order) {
      found.push({ kind: 'regressed', what: `${name}: two writers of version ${order}` });
    }
    for (const member of members) {
      if (isLess(row[member], before.row[member]))
        found.push({ kind: 'regressed', what: `${name}: ${member}` });
    }
    if (isStream && /#live$/.test(name) && isLess(row['watermark'], before.row['watermark'])) {
      found.push({ kind: 'regressed', what: `${name}: watermark` });
    }
  }
  return found;
}

/** A member that is gone counts as going back. */
function isLess(value: unknown, before: unknown): boolean {
  if (before === undefined) return false;
  if (typeof value === 'number' && typeof before === 'number') return value < before;
  return value === undefined || String(value) < String(before);
}
