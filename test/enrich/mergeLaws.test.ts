import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdLine } from '../../lib/domain/adLine.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import type { LeadRecord } from '../../lib/domain/leadRecord.ts';
import { startTestEngines, type TestEngines } from '../support/engines.ts';
import { adLine, type Bench, createBench, lead, NOW, SHOP, trade } from './bench.ts';

/** `CARFERRY_RUNS=500 npm test -- test/enrich/mergeLaws.test.ts` for a long run. */
const numRuns = Number(process.env['CARFERRY_RUNS'] ?? 10);

let engines: TestEngines;
let bench: Bench;
let lastId = 4277659395456300000n;
beforeAll(async () => {
  engines = await startTestEngines();
  bench = await createBench(engines);
});
afterAll(() => engines.close());

/** One observation; the hash stands for the content. Clocks of observers may be a day off either way. */
const versions = fc.record({
  modified: fc.integer({ min: 0, max: 2 }),
  observed: fc.constantFrom(-86_400_000, -1, 0, 1, 86_400_000),
  content: fc.constantFrom('a', 'b', 'c'),
});
type Version = { readonly modified: number; readonly observed: number; readonly content: string };

/**
 * A table as a set of records that merge: `deliver` brings one in under a new name, `read` gives what is stored, as
 * it could be delivered again. `S` carries no name.
 */
type Merge<S> = {
  deliver(id: string, state: S): Promise<unknown>;
  read(id: string): Promise<S | undefined>;
  of(version: Version): S;
};

const leads: Merge<LeadRecord> = {
  of: ({ observed, content }) =>
    lead({ leadId: '', observedAt: toIso(NOW + observed), hash: content, seriesName: `series ${content}` }),
  deliver: (leadId, state) => bench.leads.writeLead({ ...state, leadId }),
  read: async (leadId) => {
    const stored = await bench.leads.read(leadId);
    return stored && { ...stored, leadId: '' };
  },
};

const lines: Merge<AdLine> = {
  of: ({ observed, content }) =>
    adLine({ orderId: '', observedAt: toIso(NOW + observed), hash: content, channelId: content }),
  deliver: (orderId, state) => bench.adOrders.writeLine({ ...state, orderId }),
  read: async (orderId) => {
    const [stored] = await bench.adOrders.linesOf(orderId);
    return stored && { ...stored, orderId: '' };
  },
};

type TradeState = {
  readonly modifiedAt: string;
  readonly observedAt: string;
  readonly hash: string;
  readonly title: string | undefined;
};

const trades: Merge<TradeState> = {
  of: ({ modified, observed, content }) => ({
    modifiedAt: toIso(NOW + modified * 1000),
    observedAt: toIso(NOW + observed),
    hash: content,
    title: `${modified} ${content}`,
  }),
  deliver: (orderId, { title, ...version }) => {
    const facet = trade({ orderId, modifiedAt: version.modifiedAt, ...(title !== undefined && { title }) });
    const { createdAt } = facet;
    return bench.orders.writeTrade({
      orderId,
      shop: SHOP.sellerNick,
      createdAt,
      status: 'paid',
      trade: facet,
      owes: [],
      ...version,
    });
  },
  read: async (orderId) => {
    const stored = await bench.orders.read(orderId);
    if (stored?.tradeModifiedAt === undefined || stored.tradeObservedAt === undefined) return undefined;
    const { tradeModifiedAt: modifiedAt, tradeObservedAt: observedAt, hash = '', trade: facet } = stored;
    return { modifiedAt, observedAt, hash, title: facet?.title };
  },
};

function newId(): string {
  lastId += 1n;
  return lastId.toString();
}

/** What a table holds after these, one after the other or at once. */
async function merged<S>(
  merge: Merge<S>,
  states: readonly (S | undefined)[],
  atOnce = false,
): Promise<S | undefined> {
  const id = newId();
  const given = states.filter((state) => state !== undefined);
  if (atOnce) await Promise.all(given.map((state) => merge.deliver(id, state)));
  else for (const state of given) await merge.deliver(id, state);
  return await merge.read(id);
}

function itIsAJoin<S>(name: string, merge: Merge<S>): void {
  describe(`the merge of ${name}`, () => {
    const three = fc.tuple(versions, versions, versions).map((all) => all.map(merge.of));

    it('is commutative, one after the other and at once', async () => {
      await fc.assert(
        fc.asyncProperty(three, async ([a, b]) => {
          const expected = await merged(merge, [a, b]);

          expect(await merged(merge, [b, a])).toEqual(expected);
          expect(await merged(merge, [a, b], true)).toEqual(expected);
        }),
        { numRuns },
      );
    });

    it('is associative: what a table holds may itself be delivered to another', async () => {
      await fc.assert(
        fc.asyncProperty(three, async ([a, b, c]) => {
          const left = await merged(merge, [await merged(merge, [a, b]), c]);
          const right = await merged(merge, [a, await merged(merge, [b, c])]);

          expect(left).toEqual(right);
          expect(await merged(merge, [c, b, a], true)).toEqual(left);
        }),
        { numRuns },
      );
    });

    it('is idempotent: what was delivered, or is stored, changes nothing when it comes again', async () => {
      await fc.assert(
        fc.asyncProperty(three, async ([a, b]) => {
          const once = await merged(merge, [a, b]);

          expect(await merged(merge, [a, b, a, b, b, a])).toEqual(once);
          expect(await merged(merge, [once, once])).toEqual(once);
          expect(await merged(merge, [a, b, once])).toEqual(once);
        }),
        { numRuns },
      );
    });
  });
}

itIsAJoin('leads', leads);
itIsAJoin('ad lines', lines);
itIsAJoin('trades', trades);

describe('a write that is refused by what is gone when it is looked at', () => {
  it('is made once more: three at once leave the greatest', async () => {
    const day = 86_400_000;
    const said = [
      { observed: -day, content: 'b' },
      { observed: 1, content: 'b' },
      { observed: -day, content: 'c' },
    ].map((version) => lines.of({ modified: 0, ...version }));

    for (let turn = 0; turn < 10; turn += 1) {
      expect(await merged(lines, said, true)).toMatchObject({ hash: 'b', observedAt: toIso(NOW + 1) });
    }
  });
});
