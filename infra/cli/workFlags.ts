import { configurationError } from '../../lib/core/errors.ts';
import type { DataFlags } from './command.ts';

/** Work that the functions of this process do; a stage has functions of its own. */
export function refuseStage({ stage }: DataFlags, command: string): void {
  if (stage === undefined) return;
  throw configurationError(
    '--stage',
    `${command} works on a data folder; on a stage invoke the functions pullTrades and pullAdOrders`,
    'docs/runbook.md has the inputs',
  );
}

/** @throws CarferryError `configuration` when no configured shop has this name */
export function shopOf(shops: readonly string[], shop: string): string {
  if (shops.includes(shop)) return shop;
  throw configurationError('--shop', `no configured shop is called ${shop}`, `one of ${shops.join(', ')}`);
}
