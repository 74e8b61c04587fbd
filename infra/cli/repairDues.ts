import { toIso } from '../../lib/domain/chinaTime.ts';
import { STEPS } from '../../lib/domain/order.ts';
import type { DueReason, RefusedDue } from '../../lib/store/dueRow.ts';
import type { Stores } from '../local/stores.ts';

export type RepairedDue = RefusedDue & {
  /** Reasons under which its work is due now; empty when there is no such order. */
  readonly noted: readonly DueReason[];
};

/**
 * Replaces rows that cannot be read, on a person's word. What such a row wanted is not guessed: its order does every
 * step and its lead check again, which is right whatever it was. The new rows come first, so a crash between the
 * two leaves the old one to be repaired once more.
 *
 * @param now epoch ms
 */
export async function repairDues(
  { dues, orders }: Pick<Stores, 'dues' | 'orders'>,
  {
    orderId,
    dryRun,
    now,
  }: { readonly orderId?: string | undefined; readonly dryRun: boolean; readonly now: number },
): Promise<RepairedDue[]> {
  const refused: RefusedDue[] = [];
  for await (const row of dues.refused()) {
    if (orderId === undefined || row.orderId === orderId) refused.push(row);
  }
  const repaired: RepairedDue[] = [];
  for (const row of refused) {
    const order = await orders.read(row.orderId);
    const noted: DueReason[] = order === undefined ? [] : ['owed', 'leadCheck'];
    repaired.push({ ...row, noted });
    if (dryRun) continue;
    if (order !== undefined) {
      const dueAt = toIso(now);
      const common = { orderId: row.orderId, shop: order.shop, dueAt, firstDueAt: dueAt, attempts: 0 };
      await dues.replace({ ...common, reason: 'owed', steps: STEPS.filter((step) => step !== 'lead') });
      await dues.replace({ ...common, reason: 'leadCheck' });
    }
    if (!noted.some((reason) => reason === row.reason)) await dues.removeRefused(row);
  }
  return repaired;
}
