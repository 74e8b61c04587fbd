import * as z from 'zod';
import type { Clock } from '../../lib/core/clock.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { readEnvironment, shopsVariable } from '../../lib/lambda/environment.ts';
import { sessionFingerprint } from '../../lib/store/halts.ts';
import { isUnfinished } from './drain.ts';
import type { Stores } from './stores.ts';

const schema = z.object({ CARFERRY_SHOPS: shopsVariable });

/**
 * A seller has authorised the app again: what its halt had put off by minutes is due now. Otherwise a run that
 * ends by itself would end before.
 */
export async function releaseRenewedShops(
  stores: Pick<Stores, 'dues' | 'shops'>,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Pick<Clock, 'now'>,
): Promise<void> {
  const { CARFERRY_SHOPS: shops } = readEnvironment(schema, environment);
  const renewed = new Set<string>();
  for (const { sellerNick, session } of shops) {
    const halts = await stores.shops.halts(sellerNick);
    if (halts.some((halt) => halt.sessionHash !== sessionFingerprint(session))) renewed.add(sellerNick);
  }
  if (renewed.size === 0) return;
  const now = toIso(clock.now());
  for await (const due of stores.dues.scan()) {
    if (!renewed.has(due.shop) || !isUnfinished(due) || due.dueAt <= now) continue;
    await stores.dues.reschedule(due, { dueAt: now, attempts: due.attempts });
  }
}
