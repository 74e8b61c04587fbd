import { CarferryError } from '../../lib/core/errors.ts';
import type { BudgetStore } from '../../lib/top/sharedRateBudget.ts';

type Row = { nextSlotAt: number; blockedUntil: number };

/**
 * The table `budgets` in memory. `answer` may delay every answer or throw in its place; the write has happened by
 * then, as when a reply is lost.
 */
export function createMemoryBudgets(answer: () => Promise<void> | void = () => {}) {
  const rows = new Map<string, Row>();
  let isAway = false;

  const rowOf = (appKey: string, method: string): Row => {
    const name = `${appKey} ${method}`;
    const row = rows.get(name) ?? { nextSlotAt: 0, blockedUntil: 0 };
    rows.set(name, row);
    return row;
  };
  const reach = () => {
    if (isAway)
      throw new CarferryError({ disposition: 'retry', reason: 'store-unavailable', message: 'away' });
  };
  const settle = async (row: Row, isReserved: boolean) => {
    const seen = { ...row };
    await answer();
    return { outcome: isReserved ? ('reserved' as const) : ('refused' as const), row: seen };
  };

  const store: BudgetStore = {
    async extend({ appKey, method }, { spanMs, from, latest }) {
      reach();
      const row = rowOf(appKey, method);
      const fits = row.nextSlotAt >= from && row.nextSlotAt <= latest;
      if (fits) row.nextSlotAt += spanMs;
      return settle(row, fits);
    },
    async restart({ appKey, method }, { spanMs, from, idleSince, wrong }) {
      reach();
      const row = rowOf(appKey, method);
      const fits = row.nextSlotAt < idleSince || row.nextSlotAt === wrong;
      if (fits) row.nextSlotAt = from + spanMs;
      return settle(row, fits);
    },
    async read(appKey, method) {
      reach();
      const seen = { ...rowOf(appKey, method) };
      await answer();
      return seen;
    },
    async ban(appKey, method, until) {
      reach();
      const row = rowOf(appKey, method);
      row.blockedUntil = Math.max(row.blockedUntil, until);
      await answer();
    },
  };

  return {
    store,
    rowOf,
    /** The table cannot be reached any more, or can again. */
    setAway(away: boolean): void {
      isAway = away;
    },
  };
}
