import { toEpochMs } from '../../lib/domain/chinaTime.ts';
import type { Due, DuesTable } from '../../lib/store/duesTable.ts';

/** Table `dues` in memory, with the same conditions. */
export function createDuesModel(
  first: readonly Due[],
): Pick<DuesTable, 'due' | 'reschedule' | 'remove'> & { put(due: Due): void; all(): Due[] } {
  const keyOf = ({ orderId, reason }: Due) => `${orderId} ${reason}`;
  const dues = new Map(first.map((due) => [keyOf(due), due]));
  const isAsSeen = (seen: Due): boolean => {
    const stored = dues.get(keyOf(seen));
    return stored?.dueAt === seen.dueAt && stored.attempts === seen.attempts;
  };
  return {
    put: (due) => void dues.set(keyOf(due), due),
    all: () => [...dues.values()],
    due: async (reasons, now, limit) =>
      [...dues.values()]
        .filter(({ reason, dueAt }) => reasons.includes(reason) && toEpochMs(dueAt) <= now)
        .sort((a, b) => toEpochMs(a.dueAt) - toEpochMs(b.dueAt))
        .slice(0, limit),
    reschedule: async (seen, next) => {
      if (!isAsSeen(seen)) return 'stale';
      dues.set(keyOf(seen), { ...seen, ...next });
      return 'written';
    },
    remove: async (seen) => {
      if (!isAsSeen(seen)) return 'stale';
      dues.delete(keyOf(seen));
      return 'written';
    },
  };
}
