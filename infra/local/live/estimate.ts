import type { Estimate } from './snapshot.ts';

export type EstimateInput = {
  readonly elapsedMs: number;
  readonly streams: readonly {
    readonly source: string;
    /** Part of the way behind it, 0 to 1. */
    readonly share: number;
    readonly enqueued: number;
    readonly pages: number;
  }[];
  /** Messages in queues and in hand. */
  readonly waiting: number;
  /** Lead checks that could be made now. */
  readonly due: number;
  /** Messages whose effect is durable. */
  readonly handled: number;
  /** Longest wait for a ban, in ms. */
  readonly bannedMs: number;
};

/** Before this a rate says nothing. */
const EARLIEST_MS = 2_000;
const LEAST_SHARE = 0.02;

/**
 * What is left: messages that wait, lead checks that are due, and what the unread part of the streams will bring if
 * it is like the read part. Undefined while too little is known.
 */
export function estimate(input: EstimateInput): Estimate | undefined {
  const { elapsedMs, handled, waiting, due, bannedMs, streams } = input;
  let [pages, pagesToCome, toCome] = [0, 0, 0];
  for (const source of new Set(streams.map((stream) => stream.source))) {
    const own = streams.filter((stream) => stream.source === source);
    const share = own.reduce((sum, stream) => sum + stream.share, 0) / own.length;
    if (share < LEAST_SHARE) return undefined;
    const perShare = (1 - share) / share;
    const read = own.reduce((sum, stream) => sum + stream.pages, 0);
    pages += read;
    pagesToCome += read * perShare;
    toCome += own.reduce((sum, stream) => sum + stream.enqueued, 0) * perShare;
  }
  if (streams.length === 0 || elapsedMs < EARLIEST_MS) return undefined;
  const done = pages + handled;
  const left = pagesToCome + toCome + waiting + due;
  const share = done + left === 0 ? 1 : done / (done + left);
  const leftMs = done === 0 ? null : Math.max(bannedMs, (left / done) * elapsedMs);
  return { share, leftMs };
}
