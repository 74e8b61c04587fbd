import type { Clock } from '../core/clock.ts';

/** A first failure is no loss yet; no slot that anybody reserved before it is still to come after this. */
const LOST_AFTER_MS = 1000;
/** Between two looks whether the shared row is back. */
export const PROBE_MS = 1000;
/** A look may take a second itself: after this, whoever still lives without the row has looked again. */
const STALE_MS = 2500;

export type Reach = {
  failed(reason: string): void;
  succeeded(): void;
  /** The shared row cannot be used: calls go at this process's share. Trusted only while it is looked after. */
  isLost(): boolean;
  /** Just found again: no call before this, because others may not have found it yet. 0 else. */
  quietUntil(): number;
  /** When the share may begin. */
  lostAt(): number;
};

/** Whether the shared row of one line can be used; `onLost` is told once per loss, `onFound` at its end. */
export function createReach(
  clock: Clock,
  told: { readonly onLost: (reason: string) => void; readonly onFound: () => void },
): Reach {
  let failingSince: number | undefined;
  let failedAt = 0;
  let lost = false;
  let quietUntil = 0;

  return {
    failed(reason) {
      failedAt = clock.now();
      failingSince ??= failedAt;
      if (lost || failedAt - failingSince < LOST_AFTER_MS) return;
      lost = true;
      told.onLost(reason);
    },
    succeeded() {
      failingSince = undefined;
      if (!lost) return;
      lost = false;
      quietUntil = clock.now() + STALE_MS;
      told.onFound();
    },
    isLost: () => lost && clock.now() - failedAt <= STALE_MS,
    quietUntil: () => (quietUntil > clock.now() && quietUntil - clock.now() <= STALE_MS ? quietUntil : 0),
    lostAt: () => (failingSince ?? failedAt) + LOST_AFTER_MS,
  };
}
