import type { Clock } from '../core/clock.ts';
import { CarferryError, toCarferryError } from '../core/errors.ts';
import { toEpochMs } from '../domain/chinaTime.ts';
import type { ItemSummary } from '../domain/itemFacet.ts';
import { TBK_ITEMS_PER_CALL } from '../top/apis/tbkItemInfoUpgradeGet.ts';
import type { ItemsStore, RunLimits } from './stores.ts';

export type ItemLoader = {
  /**
   * What TOP knows of each item; one it does not know comes as `missing`. Ids asked for within a few
   * milliseconds of one invocation share a read of the cache and calls of 20.
   * @throws CarferryError of the call that concerned one of the ids
   */
  load(itemIds: readonly string[], limits: RunLimits): Promise<Map<string, ItemSummary>>;
};

/** Answers each asked id with its item or the error that concerns it; never rejects. */
export type AskForItems = (
  itemIds: readonly string[],
  limits: RunLimits,
) => Promise<Map<string, ItemSummary | CarferryError>>;

export type ItemLoaderDeps = {
  readonly items: ItemsStore;
  readonly askForItems: AskForItems;
  readonly clock: Clock;
  /** Default 5 ms. */
  readonly gatherMs?: number;
};

/** TOP may learn of an item later; a missing one is asked for again after a day. */
const MISSING_FOR_MS = 24 * 3600 * 1000;

type Batcher = { ask(itemId: string): Promise<ItemSummary> };

/** Loads items through the `items` table; calls never outlive the invocation whose signal they carry. */
export function createItemLoader(deps: ItemLoaderDeps): ItemLoader {
  const batchers = new WeakMap<AbortSignal, Batcher>();

  function batcherOf(limits: RunLimits): Batcher {
    const known = batchers.get(limits.signal);
    if (known !== undefined) return known;
    const made = createBatcher(deps, limits);
    batchers.set(limits.signal, made);
    return made;
  }

  return {
    load: async (itemIds, limits) => {
      const batcher = batcherOf(limits);
      const ids = [...new Set(itemIds)];
      const asked = ids.map((itemId) => batcher.ask(itemId));
      const found = await Promise.all(asked);
      return new Map(found.map((item, index) => [ids[index] ?? item.itemId, item]));
    },
  };
}

type Waiting = {
  readonly resolve: (item: ItemSummary) => void;
  readonly reject: (error: CarferryError) => void;
};

function createBatcher(deps: ItemLoaderDeps, limits: RunLimits): Batcher {
  const inFlight = new Map<string, Promise<ItemSummary>>();
  let gathered = new Map<string, Waiting>();

  /** One call of TOP for up to 20 ids, its answers written to the cache. */
  async function askAndKeep(itemIds: string[], waiting: ReadonlyMap<string, Waiting>): Promise<void> {
    const answers = await deps.askForItems(itemIds, limits);
    await Promise.all(
      itemIds
        .map(async (itemId) => {
          const answer = answers.get(itemId) ?? unanswered();
          if (answer instanceof CarferryError) throw answer;
          limits.signal.throwIfAborted();
          await deps.items.write(answer);
          waiting.get(itemId)?.resolve(answer);
        })
        .map((kept, index) =>
          kept.catch((thrown: unknown) => waiting.get(itemIds[index] ?? '')?.reject(toCarferryError(thrown))),
        ),
    );
  }

  async function flush(waiting: ReadonlyMap<string, Waiting>): Promise<void> {
    const itemIds = [...waiting.keys()];
    const cached = await deps.items.readMany(itemIds);
    const unknown: string[] = [];
    for (const itemId of itemIds) {
      const item = cached.get(itemId);
      if (item !== undefined && isFresh(item, deps.clock.now())) waiting.get(itemId)?.resolve(item);
      else unknown.push(itemId);
    }
    await Promise.all(inBatches(unknown).map((batch) => askAndKeep(batch, waiting)));
  }

  function startGathering(): void {
    setTimeout(() => {
      const waiting = gathered;
      gathered = new Map();
      flush(waiting).catch((thrown: unknown) => {
        const error = toCarferryError(thrown);
        for (const { reject } of waiting.values()) reject(error);
      });
    }, deps.gatherMs ?? 5);
  }

  return {
    ask: (itemId) => {
      const running = inFlight.get(itemId);
      if (running !== undefined) return running;
      if (gathered.size === 0) startGathering();
      const asked = new Promise<ItemSummary>((resolve, reject) => {
        gathered.set(itemId, { resolve, reject });
      });
      inFlight.set(itemId, asked);
      const forget = (): void => void inFlight.delete(itemId);
      asked.then(forget, forget);
      return asked;
    },
  };
}

function isFresh(item: ItemSummary, now: number): boolean {
  return item.missing !== true || now - toEpochMs(item.observedAt) < MISSING_FOR_MS;
}

function inBatches(itemIds: readonly string[]): string[][] {
  const batches: string[][] = [];
  for (let start = 0; start < itemIds.length; start += TBK_ITEMS_PER_CALL) {
    batches.push(itemIds.slice(start, start + TBK_ITEMS_PER_CALL));
  }
  return batches;
}

function unanswered(): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'item-unanswered',
    message: 'an asked item has neither an answer nor an error',
  });
}
