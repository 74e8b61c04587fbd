import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY, MINUTE } from './bench.ts';
import { createHistoryWorld, type HistoryWorld } from './historyWorld.ts';

/** `CARFERRY_RUNS=5000 npm test -- test/pull/history.test.ts` for a long run. */
const numRuns = Number(process.env['CARFERRY_RUNS'] ?? 50);

type Command = fc.AsyncCommand<object, HistoryWorld>;

/** A step of a history; what must hold at every moment is looked at after each. */
function step(name: string, act: (world: HistoryWorld) => unknown): Command {
  return {
    check: () => true,
    run: async (_, world) => {
      const fence = world.live()?.fence ?? 0;
      await act(world);
      expect(world.live()?.fence ?? 0).toBeGreaterThanOrEqual(fence);
      expect(world.watermarks).toEqual(world.watermarks.toSorted());
      expect(world.gaps()).toEqual([]);
      // A clock that is ahead makes a window of time to come: its rows come by the sweeps.
      if (!world.wasAhead()) expect(world.lost()).toEqual([]);
    },
    toString: () => name,
  };
}

const who = fc.integer({ min: 0, max: 1 });
const lane = fc.constantFrom('live', 'live', 'live', 'day', 'fortnight');
const status = fc.constantFrom('WAIT_SELLER_SEND_GOODS', 'TRADE_FINISHED', 'TRADE_CLOSED');

const steps = [
  fc
    .record({ count: fc.integer({ min: 1, max: 4 }), late: fc.constantFrom(0, 0, MINUTE, 4 * MINUTE) })
    .map(({ count, late }) =>
      step(`create ${count}, listed ${late} ms late`, (world) => world.create(count, late)),
    ),
  fc
    .tuple(fc.nat(50), status, fc.boolean())
    .map(([nth, to, silently]) =>
      step(`change ${nth} to ${to}${silently ? ' silently' : ''}`, (world) =>
        world.change(nth, to, silently),
      ),
    ),
  fc
    .constantFrom(1_000, 30_000, MINUTE, 7 * MINUTE, 3 * 60 * MINUTE)
    .map((ms) => step(`wait ${ms} ms`, (world) => world.bench.clock.move(ms))),
  fc
    .tuple(who, lane, fc.option(fc.integer({ min: 1, max: 25 }), { nil: undefined, freq: 3 }))
    .map(([one, what, dieAfter]) =>
      step(
        `process ${one} pulls ${what}${dieAfter === undefined ? '' : `, dies at effect ${dieAfter}`}`,
        (world) => world.tick(one, what, dieAfter === undefined ? {} : { dieAfter }),
      ),
    ),
  fc
    .integer({ min: 1, max: 3 })
    .map((count) => step(`the queue refuses ${count}`, (world) => world.refuseSends(count))),
  fc
    .tuple(fc.nat(200), fc.boolean())
    .map(([nth, owing]) =>
      step(`deliver ${nth}${owing ? ', owing' : ''}`, (world) => world.deliver(nth, owing)),
    ),
];

const jumps = fc
  .tuple(who, fc.integer({ min: -DAY, max: DAY }))
  .map(([one, ms]) => step(`clock of ${one} is ${ms} ms off`, (world) => world.jump(one, ms)));

async function live(commands: Iterable<Command>, mostRows: number): Promise<HistoryWorld> {
  const world = createHistoryWorld(mostRows);
  await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
  await world.settle();
  return world;
}

describe('any history of upstream changes, pulls, deaths and deliveries', () => {
  const mostRows = fc.constantFrom(5, 2_000);

  it('loses nothing at any moment, and after quiescence and one pass of every lane the table is the truth', async () => {
    const histories = fc.commands(steps, { maxCommands: 40, size: '+1' });
    await fc.assert(
      fc.asyncProperty(histories, mostRows, async (commands, most) => {
        const world = await live(commands, most);

        expect(world.untrue()).toEqual([]);
        expect([...world.bench.streams.ledger.values()]).toEqual([]);
      }),
      { numRuns, endOnFailure: true },
    );
  });

  it('ends with the truth also when the clock of each process jumps by up to a day', async () => {
    const histories = fc.commands([...steps, jumps, jumps], { maxCommands: 40, size: '+1' });
    await fc.assert(
      fc.asyncProperty(histories, mostRows, async (commands, most) => {
        const world = await live(commands, most);

        expect(world.untrue()).toEqual([]);
        expect([...world.bench.streams.ledger.values()]).toEqual([]);
      }),
      { numRuns, endOnFailure: true },
    );
  });

  it('moves no watermark and no page for a batch that the queue has not taken', async () => {
    const world = createHistoryWorld(2_000);
    world.create(5, 0);
    world.bench.clock.move(5 * MINUTE);
    world.refuseSends(1);

    const [refused] = await world.tick(0, 'live');

    expect(refused).toMatchObject({ state: 'failed', reason: 'queue-unavailable', windows: 0 });
    expect(world.lost()).toEqual([]);
    await world.tick(1, 'live');
    expect(world.bench.sentIds().size).toBe(5);
  });

  it('never splits trades of one second: a page, a window or a death between them loses none', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 40 }), mostRows, async (seconds, dieAfter, most) => {
        const world = createHistoryWorld(most);
        for (const count of seconds) {
          world.create(count, 0);
          world.bench.clock.move(1_000);
        }
        world.bench.clock.move(3 * MINUTE);
        await world.tick(0, 'live', { dieAfter });
        world.bench.clock.move(2 * MINUTE);

        await world.tick(1, 'live');

        expect(world.bench.sentIds()).toEqual(new Set(world.trades.map(({ id }) => id)));
        expect(world.lost()).toEqual([]);
      }),
      { numRuns },
    );
  });
});
