import type { Scenario } from '../../infra/local/simulator/scenario/scenario.ts';
import type { SimulatorOptions } from '../../infra/local/simulator/simulator.ts';

/*
 * The small world of every cell: two shops, fourteen trades of two days, leads, ad lines, accessories; then, after
 * the first moment, four orders change, two leads and two trades are new. Everything is invented and the same each time.
 */

export const SHOPS = ['测试甲旗舰店', '测试乙旗舰店'] as const;
const BASE = 4_277_659_395_456_225_000n;

export type Moments = {
  /** Where the pulls begin. */
  readonly from: number;
  /** Up to which the first phase pulls. */
  readonly first: number;
  /** Up to which the second phase pulls. */
  readonly second: number;
};

const DAY_MS = 86_400_000;
/** 20:00 in China, so that the midnights between the windows lie at the same place each time. */
const HOUR_OF_SECOND_MS = 12 * 3_600_000;

/** The last evening that is past: the world never waits for the host's clock. */
export function momentsOf(now: number): Moments {
  const second = Math.floor((now - 60_000 - HOUR_OF_SECOND_MS) / DAY_MS) * DAY_MS + HOUR_OF_SECOND_MS;
  return { from: second - 2 * DAY_MS, first: second - 600_000, second };
}

/** What a cell is about. */
export type World = {
  readonly simulator: SimulatorOptions;
  readonly moments: Moments;
  /** Trades that are known by name. */
  readonly trades: Scenario['trades'];
  /** Sellers whose messages the platform sends; default all. */
  readonly messagesOf?: readonly string[];
};

type Spec = Scenario['trades'][number];

function trade(n: number, created: string, more: Partial<Spec> = {}): Spec {
  return {
    shop: SHOPS[n % 2] ?? SHOPS[0],
    orderId: String(BASE + BigInt(n) * 16n),
    type: 'step',
    car: true,
    created,
    events: [],
    ad: false,
    ...more,
  };
}

const lead = (n: number, visible = '+1m') => ({
  no: String(1_851_125_030_483_093_000n + BigInt(n)),
  visible,
});

/** Distances of `created` count from the second moment; the first one is ten minutes earlier. */
export function faultWorld(seed: string, moments: Moments): Scenario {
  return {
    seed,
    start: new Date(moments.second).toISOString(),
    shops: SHOPS.map((sellerNick, n) => ({ sellerNick, session: `invented-session-${n}` })),
    inventedTrades: 0,
    growthPerMinute: 0,
    quirks: [],
    trades: [
      trade(1, '-40h', { lead: lead(1), ad: true, events: [{ kind: 'depositPaid', at: '+5m' }] }),
      trade(2, '-39h', {
        ad: true,
        events: [
          { kind: 'depositPaid', at: '+1m' },
          { kind: 'paid', at: '+2h' },
        ],
      }),
      trade(3, '-30h', { type: 'fixed', car: false, events: [{ kind: 'paid', at: '+2m' }] }),
      // Two trades of one second, whose ids are the same double.
      trade(4, '-26h', { lead: lead(4) }),
      trade(6, '-26h', { type: 'nopaid', lead: lead(6), ad: true }),
      trade(5, '-20h', { events: [{ kind: 'closedUnpaid', at: '+1h' }] }),
      trade(7, '-10h', { lead: lead(7), events: [{ kind: 'depositPaid', at: '+1m' }] }),
      trade(8, '-5h', {
        type: 'guarantee_trade',
        car: false,
        ad: true,
        events: [{ kind: 'paid', at: '+1m' }],
      }),
      // What changes after the first moment.
      trade(9, '-3h', { ad: true, lead: lead(9), events: [{ kind: 'depositPaid', at: '+175m' }] }),
      trade(10, '-2h', {
        events: [
          { kind: 'depositPaid', at: '+5m' },
          { kind: 'paid', at: '+113m' },
        ],
      }),
      trade(11, '-1h', {
        ad: true,
        events: [
          { kind: 'depositPaid', at: '+2m' },
          { kind: 'refundAsked', at: '+20m' },
          { kind: 'refunded', at: '+55m' },
        ],
      }),
      trade(12, '-40m', { lead: lead(12, '+35m') }),
      // What is new after it.
      trade(13, '-8m', { lead: lead(13), ad: true }),
      trade(14, '-4m', { type: 'fixed', events: [{ kind: 'paid', at: '+1m' }] }),
    ],
  };
}

/** The world of the cells; of the second shop no message comes, its changes are left to the sweeps. */
export function storyWorld(moments: Moments): World {
  const scenario = faultWorld('faults', moments);
  const simulator = { scenario, anchorAt: moments.second };
  return { simulator, moments, trades: scenario.trades, messagesOf: [SHOPS[0]] };
}
