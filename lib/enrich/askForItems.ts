import type { Clock } from '../core/clock.ts';
import { CarferryError, toCarferryError } from '../core/errors.ts';
import { toIso } from '../domain/chinaTime.ts';
import type { ItemSummary } from '../domain/itemFacet.ts';
import { type TbkItemDetail, tbkItemInfoUpgradeGet } from '../top/apis/tbkItemInfoUpgradeGet.ts';
import type { TopClient } from '../top/topClient.ts';
import type { AskForItems } from './itemLoader.ts';
import { foreignReply } from './replyChecks.ts';
import { missingItem, translateItem } from './steps/itemRecord.ts';
import type { RunLimits, Seal } from './stores.ts';

export type AskForItemsDeps = {
  readonly top: Pick<TopClient, 'call'>;
  readonly seal: Seal;
  readonly clock: Clock;
};

type Answers = Map<string, ItemSummary | CarferryError>;

const api = tbkItemInfoUpgradeGet;

/** Asks TOP for up to 20 items in one call; when it refuses the lot, halves it until the culprit stands alone. */
export function createAskForItems(deps: AskForItemsDeps): AskForItems {
  return async function ask(itemIds, limits): Promise<Answers> {
    try {
      return await askOnce(itemIds, limits, deps);
    } catch (thrown) {
      const error = toCarferryError(thrown);
      if (itemIds.length === 1 || !mayConcernOneItem(error)) {
        return new Map(itemIds.map((itemId) => [itemId, error]));
      }
      const middle = Math.ceil(itemIds.length / 2);
      const first = await ask(itemIds.slice(0, middle), limits);
      const second = await ask(itemIds.slice(middle), limits);
      return new Map([...first, ...second]);
    }
  };
}

function mayConcernOneItem(error: CarferryError): boolean {
  return error.disposition === 'park' && error.reason !== 'unexpected-shape';
}

async function askOnce(
  itemIds: readonly string[],
  limits: RunLimits,
  deps: AskForItemsDeps,
): Promise<Answers> {
  const reply = await deps.top.call(api, { item_id: itemIds.join(',') }, limits);
  const observedAt = toIso(deps.clock.now());
  const answers: Answers = new Map();
  let unreadable: CarferryError | undefined;
  for (const row of reply.results) {
    if (!row.ok) {
      const error = unreadableRow(row.field, row.expected);
      const concerned = itemIds.find((itemId) => itemId === echoIn(row.raw));
      if (concerned === undefined) unreadable ??= error;
      else answers.set(concerned, error);
      continue;
    }
    const askedId = askedIdOf(row.value, itemIds);
    // An item has no person's key; unknown members that look personal are sealed under one of its own.
    const clear = translateItem(row.value, askedId, observedAt);
    answers.set(
      askedId,
      await deps.seal(clear, { kind: 'quarantine', id: `item#${askedId}`, facet: 'item' }),
    );
  }
  for (const itemId of itemIds) {
    // An unreadable row without an id may be that of any item without a row: none of them is known to be missing.
    if (!answers.has(itemId)) answers.set(itemId, unreadable ?? missingItem(itemId, observedAt));
  }
  return answers;
}

function echoIn(raw: unknown): string | undefined {
  const echo: unknown = typeof raw === 'object' ? Object(raw)['input_item_iid'] : undefined;
  return echo === undefined || echo === null ? undefined : String(echo);
}

/** Rows come in any order and under new ids; the echo `input_item_iid` joins them to what was asked. */
function askedIdOf(row: TbkItemDetail, itemIds: readonly string[]): string {
  const echoed = row.input_item_iid ?? row.item_id;
  if (echoed !== undefined && itemIds.includes(echoed)) return echoed;
  const [only] = itemIds;
  if (echoed === undefined && itemIds.length === 1 && only !== undefined) return only;
  throw foreignReply(api.method);
}

function unreadableRow(field: string, expected: string): CarferryError {
  return new CarferryError({
    disposition: 'park',
    reason: 'unexpected-shape',
    message: `${api.method}: a row of results is not as documented`,
    field: `results[].${field}`,
    hint: expected,
    details: { method: api.method },
  });
}
