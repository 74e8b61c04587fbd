import type { CallPriority } from './rateBudget.ts';
import type { SlotDemand } from './rateBudgetSlots.ts';

/** A call that waits for its slot. */
export type Waiter = {
  readonly priority: CallPriority;
  /** Epoch ms after which a start is useless. */
  readonly latest: number;
  grant(): void;
  refuse(reason: unknown): void;
};

const ORDER: readonly CallPriority[] = ['live', 'sweep', 'backfill'];

/** Waiting calls: live before sweep before backfill, each in the order they came. */
export function createWaiterQueue() {
  const queues: Record<CallPriority, Waiter[]> = { live: [], sweep: [], backfill: [] };
  const inOrder = () => ORDER.map((priority) => queues[priority]);

  return {
    get length(): number {
      return queues.live.length + queues.sweep.length + queues.backfill.length;
    },
    add(waiter: Waiter): void {
      queues[waiter.priority].push(waiter);
    },
    remove(waiter: Waiter): void {
      const queue = queues[waiter.priority];
      const index = queue.indexOf(waiter);
      if (index >= 0) queue.splice(index, 1);
    },
    /** Waiters that a new one of this priority would stand behind. */
    ahead(priority: CallPriority): number {
      const last = ORDER.indexOf(priority);
      return inOrder().reduce((sum, queue, rank) => (rank <= last ? sum + queue.length : sum), 0);
    },
    /** Priority of the first, how many of its kind wait, and how long the first can wait. */
    demand(): SlotDemand | undefined {
      for (const priority of ORDER) {
        const [first] = queues[priority];
        if (first !== undefined) return { priority, count: queues[priority].length, latest: first.latest };
      }
      return undefined;
    },
    shift(): Waiter | undefined {
      return inOrder()
        .find((queue) => queue.length > 0)
        ?.shift();
    },
    /** When the first of them has waited for nothing. */
    earliestEnd(): number {
      let earliest = Number.POSITIVE_INFINITY;
      for (const queue of inOrder()) {
        for (const { latest } of queue) if (latest < earliest) earliest = latest;
      }
      return earliest;
    },
    /** Takes out all that match. */
    takeOut(matches: (waiter: Waiter) => boolean): Waiter[] {
      const taken: Waiter[] = [];
      for (const priority of ORDER) {
        taken.push(...queues[priority].filter(matches));
        if (taken.length > 0) queues[priority] = queues[priority].filter((waiter) => !matches(waiter));
      }
      return taken;
    },
  };
}
