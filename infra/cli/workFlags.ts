import { configurationError } from '../../lib/core/errors.ts';
import type { DataFlags } from './command.ts';

/** Work that the functions of this process do; a stage has functions of its own. */
export function refuseStage({ stage }: DataFlags, command: 'backfill' | 'reconcile'): void {
  if (stage === undefined) return;
  throw configurationError(
    '--stage',
    `${command} works on a data folder; on a stage invoke pullTrades and pullAdOrders until no stream says "more"`,
    `with ${INPUTS[command]}`,
  );
}

const INPUTS = {
  backfill: '{"lane":"backfill","from":"…","until":"…","shop":"…"}',
  reconcile: '{"lane":"reconcile","shop":"…","day":"yyyy-MM-dd"}',
} as const;

/** @throws CarferryError `configuration` when no configured shop has this name */
export function shopOf(shops: readonly string[], shop: string): string {
  if (shops.includes(shop)) return shop;
  throw configurationError('--shop', `no configured shop is called ${shop}`, `one of ${shops.join(', ')}`);
}
