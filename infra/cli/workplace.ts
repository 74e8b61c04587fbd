import { systemClock } from '../../lib/core/clock.ts';
import type { StreamReport } from '../../lib/domain/summaryDocument.ts';
import { type PullWork, showPull } from '../local/showPull.ts';
import type { Stores } from '../local/stores.ts';
import type { Terminal } from '../local/terminal/terminal.ts';
import { openWorkingSystem } from '../local/workingSystem.ts';
import { type BackfillCost, backfillCost, type CostInput } from './backfillCost.ts';
import type { DataFlags } from './command.ts';
import { openStageWorkplace } from './stage/stageWorkplace.ts';
import { shopOf } from './workFlags.ts';

/** Who looks on, and can stop. */
export type View = { readonly signal: AbortSignal; readonly terminal: Terminal };

/** Where a command has pulls done: the functions of this process on a folder, or those of a stage. */
export type Workplace = {
  readonly stores: Pick<Stores, 'streams' | 'quarantine'>;
  /** Records count as listed this long after their creation. */
  readonly settleMs: number;
  /** Who works the messages off when that is not this command. */
  readonly others: string | undefined;
  /** @throws CarferryError `configuration` when it is known that there is no such shop */
  checkShop(shop: string): Promise<void>;
  /** Pulls until the streams are at their end, or stopped; shows how far they are. */
  pull(works: readonly PullWork[], view: View): Promise<StreamReport[]>;
  /** Waits until what was sent has been worked off, as far as can be told and does not take too long. */
  settle(view: View): Promise<void>;
  /** Shows how others work off what was sent, until it is done or takes too long; nothing where nobody can wait. */
  watch(view: View): Promise<void>;
  cost(input: CostInput, signal: AbortSignal): Promise<BackfillCost>;
  close(): Promise<void>;
};

/** @throws CarferryError `configuration` */
export async function openWorkplace(
  { data, stage, region }: DataFlags,
  environment: NodeJS.ProcessEnv,
): Promise<Workplace> {
  if (stage !== undefined) return await openStageWorkplace({ stage, region }, environment);
  const working = await openWorkingSystem(data, environment);
  const { system, isAttached } = working;
  return {
    stores: system.stores,
    settleMs: system.settleMs,
    others: isAttached ? 'a system runs on this folder: its consumers work the messages off' : undefined,
    checkShop: async (shop) => void shopOf(system.shops, shop),
    pull: (works, view) => showPull(working, works, view),
    settle: async ({ signal }) => {
      if (isAttached) await pause(RUNNING_SETTLES_MS, signal);
    },
    watch: async () => {},
    cost: (input, signal) => backfillCost(input, environment, signal),
    close: working.close,
  };
}

/** What a running system needs for a few messages. */
const RUNNING_SETTLES_MS = 5_000;

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return systemClock.sleep(ms, signal).catch(() => undefined);
}
