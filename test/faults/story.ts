import { toIso } from '../../lib/domain/chinaTime.ts';
import type { Bench } from './bench.ts';
import { consuming } from './consuming.ts';
import { pushing } from './pushing.ts';
import type { Step } from './step.ts';
import { ahead, isCaughtUp, isEnded, ticking } from './ticking.ts';

/** The world moves on: orders change, leads and trades are new. */
const later: Step = {
  name: 'later',
  function: 'none',
  once: async () => undefined,
  run: async (bench) => {
    const { control, moments } = bench.ground();
    await control('freeze', 'POST', { at: moments.second });
  },
};

const live = (phase: 'first' | 'second') => (bench: Bench) => {
  const { moments } = bench.ground();
  return { lane: 'live', from: toIso(moments.from), until: toIso(moments[phase]) };
};
const sweep = (bench: Bench) => ({ ...live('second')(bench), lane: 'quarter', fresh: true });

/** Leads pushed by the platform: the second one twice. */
const PUSHED = [1, 2, 2] as const;

const consumers = (phase: string): Step[] => [
  consuming(`${phase}.storeAdOrders`, 'storeAdOrders', 'ad-orders'),
  consuming(`${phase}.enrichOrders`, 'enrichOrders', 'orders'),
];

/**
 * A check that failed waits up to ten minutes, longer the older its due is; and the dues that a cell begins with are as
 * old as the run of the matrix.
 */
const PAUSE_MINUTES = 25;

/** Everything settles by the live lanes alone up to the first moment. */
export const FIRST: readonly Step[] = [
  ticking('first.pullTrades', 'pullTrades', live('first'), isCaughtUp),
  ticking('first.pullAdOrders', 'pullAdOrders', live('first'), isCaughtUp),
  ...consumers('first'),
  ticking('first.pullLeads', 'pullLeads', ahead(PAUSE_MINUTES), isEnded),
  ...PUSHED.map((n, index) => pushing(`first.push${index + 1}`, n)),
  consuming('first.enrichLeads', 'enrichLeads', 'leads'),
];

/** Then the world has changed; messages, live lanes, sweeps and dues find it. */
export const SECOND: readonly Step[] = [
  later,
  ticking('second.pullMessages', 'pullMessages', () => ({}), isEnded),
  consuming('message.enrichOrders', 'enrichOrders', 'orders'),
  ticking('second.pullTrades', 'pullTrades', live('second'), isCaughtUp),
  ticking('second.pullAdOrders', 'pullAdOrders', live('second'), isCaughtUp),
  ...consumers('second'),
  ticking('sweep.pullTrades', 'pullTrades', sweep, isCaughtUp),
  ticking('sweep.pullAdOrders', 'pullAdOrders', sweep, isCaughtUp),
  ...consumers('sweep'),
  ticking('due.enqueueDues', 'enqueueDues', ahead(2 * 24 * 60), isEnded),
  ...consumers('due'),
  ticking('due.pullLeads', 'pullLeads', ahead(8 * 24 * 60), isEnded),
  consuming('due.enrichLeads', 'enrichLeads', 'leads'),
];
