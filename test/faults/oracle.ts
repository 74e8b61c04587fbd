import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { queueDepths } from '../../infra/local/queueDepths.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { OrderRecord } from '../../lib/domain/order.ts';
import { type Fact, factOf, factSchema } from '../support/orderFact.ts';
import type { Bench } from './bench.ts';
import { unreadable } from './sealedFields.ts';
import type { Finding } from './watch.ts';

const truthSchema = z.looseObject({
  adLines: z.number(),
  otherSellersAdLines: z.number(),
  detail: z.record(z.string(), factSchema),
});

/** What a perfect client would hold of the configured shops at a moment of the world. */
async function truthOf(bench: Bench, to: number) {
  const { control, moments, sellers } = bench.ground();
  const query = new URLSearchParams({ from: toIso(moments.from), to: toIso(to), detail: '1' });
  const truth = truthSchema.parse(await control(`truth?${query}`));
  const own: ReadonlySet<string> = new Set(sellers);
  const detail = Object.entries(truth.detail).filter(([, { shop }]) => own.has(shop));
  return { facts: new Map(detail), adLines: truth.adLines + truth.otherSellersAdLines };
}

function compare(orderId: string, wanted: Fact, order: OrderRecord | undefined): Finding[] {
  if (order === undefined) return [{ kind: 'lost', what: `order ${orderId}` }];
  const found = factOf(order);
  const differ = (name: keyof Fact): boolean =>
    !isDeepStrictEqual(found[name], name === 'itemIds' ? wanted.itemIds.toSorted() : wanted[name]);
  const names = factSchema.keyof().options.filter(differ);
  const findings: Finding[] = names.map((name) => ({
    kind: name === 'adLines' && found.adLines > wanted.adLines ? 'doubled' : 'lost',
    what: `${name} of order ${orderId}: ${String(found[name])} instead of ${String(wanted[name])}`,
  }));
  if (order.owes.length > 0)
    findings.push({ kind: 'lost', what: `order ${orderId} still owes ${order.owes}` });
  if (Object.values(order.gaps).some((gap) => gap !== undefined)) {
    findings.push({ kind: 'lost', what: `order ${orderId} has a gap` });
  }
  return findings;
}

/** Orders, leads, ad lines and items against the world; doubles are rows that the world does not know. */
async function tablesAgainstTruth(bench: Bench, to: number, pushed: number): Promise<Finding[]> {
  const { stores } = bench.ground();
  const { facts, adLines } = await truthOf(bench, to);
  const findings: Finding[] = [];
  const orders = new Map<string, OrderRecord>();
  for await (const order of stores.orders.scan()) orders.set(order.orderId, order);
  for (const [orderId, fact] of facts) findings.push(...compare(orderId, fact, orders.get(orderId)));
  for (const orderId of orders.keys()) {
    if (!facts.has(orderId))
      findings.push({ kind: 'doubled', what: `an order ${orderId} that nobody placed` });
  }
  const wanted = new Set([...facts.values()].flatMap(({ leadNo }) => (leadNo === null ? [] : [leadNo])));
  const leads: string[] = [];
  let pushedLeads = 0;
  for await (const lead of stores.leads.scan()) {
    if (lead.source === 'pushed') pushedLeads += 1;
    else leads.push(lead.leadId);
  }
  for (const leadId of wanted)
    if (!leads.includes(leadId)) findings.push({ kind: 'lost', what: `lead ${leadId}` });
  for (const leadId of leads)
    if (!wanted.has(leadId)) findings.push({ kind: 'doubled', what: `lead ${leadId}` });
  findings.push(...countOf('pushed leads', pushedLeads, pushed));
  let lines = 0;
  for await (const _ of stores.adOrders.scan()) lines += 1;
  findings.push(...countOf('ad lines', lines, adLines));
  const items = new Set<string>();
  for await (const { itemId } of stores.items.scan()) items.add(itemId);
  const known = new Set([...facts.values()].flatMap(({ itemIds }) => itemIds));
  findings.push(...countOf('items', items.size, known.size));
  return findings;
}

function countOf(what: string, found: number, wanted: number): Finding[] {
  if (found === wanted) return [];
  return [{ kind: found > wanted ? 'doubled' : 'lost', what: `${found} ${what} instead of ${wanted}` }];
}

/** Nothing waits, nothing is dead, nothing is parked, no window is open, every live stream has arrived. */
async function restsAtPeace(bench: Bench, to: number): Promise<Finding[]> {
  const { stores, wiring, queueUrls } = bench.ground();
  const findings: Finding[] = [];
  for (const { name, waiting, dead } of await queueDepths(bench.sqs, queueUrls, wiring.queues)) {
    if (waiting > 0) findings.push({ kind: 'lost', what: `${waiting} messages left in ${name}` });
    if (dead > 0) findings.push({ kind: 'lost', what: `${dead} dead letters of ${name}` });
  }
  for await (const { reason } of stores.quarantine.list())
    findings.push({ kind: 'lost', what: `parked: ${reason}` });
  for (const { stream, watermark } of await stores.streams.list()) {
    if (!stream.endsWith('#live')) continue;
    const wanted = toIso(to);
    if (watermark !== wanted)
      findings.push({ kind: 'lost', what: `${stream} stands at ${watermark}, not ${wanted}` });
  }
  for (const { stream } of await stores.streams.openWindows()) {
    findings.push({ kind: 'lost', what: `an open window of ${stream}` });
  }
  return findings;
}

/** Compares every table with the world as it was at `to` (epoch ms); what was seen on the way belongs to the verdict. */
export async function verdict(
  bench: Bench,
  to: number,
  options: { readonly pushed: number },
): Promise<Finding[]> {
  const found = [
    ...(await tablesAgainstTruth(bench, to, options.pushed)),
    ...(await restsAtPeace(bench, to)),
    ...(await unreadable(bench)),
    ...bench.ground().watch.findings(),
  ];
  return found;
}
