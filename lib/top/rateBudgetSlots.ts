import type { CallPriority } from './rateBudget.ts';

/** What is asked of the shared row: the next slots of a line in use, or the first ones of an idle line. */
export type SlotAsk = {
  readonly slots: number;
  /** Length of all of them. */
  readonly spanMs: number;
  readonly now: number;
  /** Slots that begin before are of no use. */
  readonly from: number;
} & (
  | { readonly kind: 'extend'; readonly latest: number }
  | { readonly kind: 'restart'; readonly idleSince: number; readonly wrong?: number | undefined }
);

/** How it ended, and the row as it is now. */
export type SlotAnswer = { readonly isReserved: boolean; readonly nextSlotAt: number };

/** Who waits first: how many of one priority, and until when the first of them can wait. */
export type SlotDemand = { readonly priority: CallPriority; readonly count: number; readonly latest: number };

/** Length of the slots taken at once. */
const BLOCK_MS = 200;
/** The next block is asked for when the last one comes to its end. */
const AHEAD_MS = 250;
/**
 * A process that finds itself alone on an idle line, and calls at least so often, takes a whole block at once: it asks
 * the table five times a second and not at every call. Somebody new waits so much longer, once.
 */
const SPARE_MS = BLOCK_MS;
/** Whoever saw the line moved by another is not alone for so long. */
const ALONE_AFTER_MS = 2000;
/** Live calls take their place at the end of the line however long it is; a sweep goes when it is so short. */
const SWEEP_HORIZON_MS = 100;
/** Backfill leaves the line idle for so many times what it takes: it gets half of the limit at most. */
const BACKFILL_REST = 1;
/** A slot reached later is given up: what starts late crowds the calls after it, and 5 % is all the room there is. */
const LATEST_START_MS = 20;
/** Slots are asked for as far ahead as an answer took lately. */
const LONGEST_LEAD_MS = 400;
const DEVIATIONS = 3;
/** Processes that wait for the same moment do not ask in the same millisecond. */
const FIRST_JITTER_MS = 25;
const LONGEST_JITTER_MS = 400;
/** Longer than any call waits, so no honest clock reserves so far ahead; unchanged for a while, it is overwritten. */
const WRONG_AHEAD_MS = 65_000;
const WRONG_FOR_MS = 2000;

/** Slots reserved at once, an interval apart; those from number `used` up to `end` are left. */
type Block = { readonly first: number; used: number; end: number };

/** The slots that a process has of one line, and what it knows of the line. Times are epoch ms. */
export function createSlotBook(intervalMs: number, random: () => number) {
  const mostSlots = Math.max(1, Math.floor(BLOCK_MS / intervalMs));
  /** In the order they were reserved; none of them used up. */
  let blocks: Block[] = [];
  /** The row's next slot as last seen. */
  let nextSlotAt = 0;
  /** Time an answer takes, on average, and how far it is off that. */
  let [answerMs, deviationMs, leadMs] = [0, 0, 0];
  /** Between two calls, on average. */
  let [gapMs, takenAt] = [1000, 0];
  let othersAt = Number.NEGATIVE_INFINITY;
  let jitterMs = FIRST_JITTER_MS;
  let refusedUntil = 0;
  let wrong: { readonly at: number; readonly seenAt: number } | undefined;

  const slotOf = ({ first }: Block, number: number): number => first + number * intervalMs;
  const countSlots = (): number => blocks.reduce((sum, { used, end }) => sum + end - used, 0);

  const isWrongAt = (now: number): boolean => nextSlotAt - now > WRONG_AHEAD_MS + intervalMs;

  /** From when on a reservation may succeed, as far as is known. */
  function opensAt(priority: CallPriority, spanMs: number): number {
    switch (priority) {
      case 'live':
        return 0;
      case 'sweep':
        return nextSlotAt - leadMs - SWEEP_HORIZON_MS;
      case 'backfill':
        return nextSlotAt - leadMs + spanMs * BACKFILL_REST;
    }
  }

  function learnLead(tookMs: number): void {
    deviationMs = 0.7 * deviationMs + 0.3 * Math.abs(tookMs - answerMs);
    answerMs = 0.7 * answerMs + 0.3 * tookMs;
    // Half of the lateness that is let pass is used up by slow answers, the rest stays for timers.
    const lead = answerMs + DEVIATIONS * deviationMs - LATEST_START_MS / 2;
    leadMs = Math.min(LONGEST_LEAD_MS, Math.max(0, lead));
  }

  return {
    get count(): number {
      return countSlots();
    },
    /** Begin of the next reserved slot. */
    next: (): number => {
      const [block] = blocks;
      return block === undefined ? Number.POSITIVE_INFINITY : slotOf(block, block.used);
    },

    /** Earliest begin for a call with `behind` others before it. */
    soonest(now: number, behind: number): number {
      const next = isWrongAt(now) ? now : Math.max(now, nextSlotAt);
      let before = behind;
      for (const block of blocks) {
        const count = block.end - block.used;
        if (before < count) return slotOf(block, block.used + before);
        before -= count;
      }
      return next + before * intervalMs;
    },

    /** Gives up slots that are over, lie within a ban, or were reserved by a clock that has been set back since. */
    giveUp(now: number, ban: number): void {
      const earliest = Math.max(now - LATEST_START_MS, ban);
      for (const block of blocks) {
        while (block.used < block.end && slotOf(block, block.used) < earliest) block.used += 1;
        while (block.used < block.end && slotOf(block, block.end - 1) - now > WRONG_AHEAD_MS) block.end -= 1;
      }
      blocks = blocks.filter(({ used, end }) => used < end);
    },

    giveUpAll(): void {
      blocks = [];
    },

    /** Uses the slot whose time has come. */
    take(now: number): boolean {
      const [block] = blocks;
      if (block === undefined || slotOf(block, block.used) > now) return false;
      block.used += 1;
      if (block.used === block.end) blocks.shift();
      gapMs = 0.9 * gapMs + 0.1 * Math.min(1000, Math.max(0, now - takenAt));
      takenAt = now;
      return true;
    },

    /** When to ask next for this demand; infinite while there are slots enough. */
    asksAt(now: number, demand: SlotDemand): number {
      if (countSlots() >= demand.count) return Number.POSITIVE_INFINITY;
      const last = blocks.at(-1);
      const ahead = last === undefined ? 0 : slotOf(last, last.end - 1) - AHEAD_MS;
      // The row is looked at now and then however far its line seems to reach: a clock may have been wrong.
      return Math.max(ahead, Math.min(refusedUntil, now + WRONG_FOR_MS / 2));
    },

    ask(now: number, { priority, count, latest }: SlotDemand): SlotAsk {
      const isIdle = nextSlotAt < now + leadMs && priority === 'live';
      const isAlone = isIdle && gapMs <= SPARE_MS && Math.abs(now - othersAt) > ALONE_AFTER_MS;
      const wanted = isAlone ? mostSlots : Math.min(mostSlots, Math.max(1, count - countSlots()));
      const spanMs = wanted * intervalMs;
      const from = now + leadMs;
      const head = { slots: wanted, spanMs, now, from };
      if (wrong !== undefined && wrong.at === nextSlotAt && now - wrong.seenAt >= WRONG_FOR_MS) {
        return { ...head, kind: 'restart', idleSince: from, wrong: nextSlotAt };
      }
      if (priority === 'backfill') {
        return { ...head, kind: 'restart', idleSince: from - spanMs * BACKFILL_REST };
      }
      // Alone: nobody moved the line since it was last seen.
      if (isAlone) return { ...head, kind: 'restart', idleSince: Math.min(from, nextSlotAt + 1) };
      if (nextSlotAt < from) return { ...head, kind: 'restart', idleSince: from };
      const horizon = from + SWEEP_HORIZON_MS;
      return { ...head, kind: 'extend', latest: priority === 'live' ? Math.max(latest, from) : horizon };
    },

    /** Takes an answer in; `wrong` when the row is not to be believed. */
    answered(asked: SlotAsk, answer: SlotAnswer, priority: CallPriority, now: number): 'right' | 'wrong' {
      const ownEnd = answer.isReserved && asked.kind === 'extend' ? nextSlotAt + asked.spanMs : nextSlotAt;
      const isMoved = asked.kind === 'extend' || !answer.isReserved;
      if (isMoved && nextSlotAt > 0 && answer.nextSlotAt > ownEnd + 1) othersAt = now;
      nextSlotAt = answer.nextSlotAt;
      if (answer.isReserved) {
        learnLead(Math.max(0, now - asked.now));
        blocks.push({ first: nextSlotAt - asked.spanMs, used: 0, end: asked.slots });
        [jitterMs, refusedUntil, wrong] = [FIRST_JITTER_MS, 0, undefined];
        return 'right';
      }
      if (isWrongAt(now)) {
        if (wrong?.at !== nextSlotAt) wrong = { at: nextSlotAt, seenAt: now };
        refusedUntil = now + WRONG_FOR_MS / 2;
        return 'wrong';
      }
      const opens = opensAt(priority, asked.spanMs);
      refusedUntil =
        opens <= now && jitterMs === FIRST_JITTER_MS ? now : Math.max(now, opens) + random() * jitterMs;
      jitterMs = Math.min(LONGEST_JITTER_MS, jitterMs * 2);
      return 'right';
    },

    /** No answer came. */
    failed(now: number, pauseMs: number): void {
      refusedUntil = now + pauseMs;
    },
  };
}
