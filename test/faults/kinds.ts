/** How an effect can go wrong: kill (K), reply lost (R), error (E), zombie (Z), duplicate (D), time-out (T). */
export const KINDS = {
  /** K: the process dies before the request reaches the server. */
  killBefore: 'SIGKILL before the request arrived',
  /** K: it dies after the server has done it. */
  killAfter: 'SIGKILL after the request was done',
  /** R: done, but the answer is lost; what is sent again meets its own effect. */
  replyLost: 'reply lost',
  /** R: done, the answer is lost, and the server is away for the rest of the invocation. */
  wentAway: 'reply lost, then the server away',
  /** E: the server fails, again and again, for the rest of the invocation. */
  error: 'error of the server, lasting',
  /** E: two refusals for load (a ban, for TOP), then it works. */
  throttled: 'throttled twice',
  /** E: a batch is taken in part: the rest is refused once. */
  partial: 'part of the batch refused once',
  /** E: part of every batch is refused for the rest of the invocation. */
  partialLasting: 'part of the batch refused, lasting',
  /** E: half of an answer. */
  truncated: 'reply cut in the middle',
  /** E: another writer came between: a real ConditionalCheckFailed. */
  stolen: 'stream taken over in between',
  /** Z: the process sleeps through its lease, another does the work, then it goes on. */
  zombie: 'paused past its lease, then resumed',
  /** D: the same event a second time, side by side. */
  double: 'the same event twice at once',
  /** T: frozen past its deadline; the request arrives late and the environment is used again. */
  freeze: 'frozen past its deadline, then used again',
} as const;
export type Kind = keyof typeof KINDS;
/** Every kind, in the order of the table. */
export const KIND_NAMES = Object.keys(KINDS).filter(isKind);

export function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}

/** Nothing is changed by these, so a lost reply is an error and it does not matter when the process dies. */
export function isRead(effect: string): boolean {
  return /\.(read|list|scan|versions)$/.test(effect);
}

/** Which kinds mean something for an effect. */
export function kindsOf(effect: string): Kind[] {
  if (isRead(effect)) return ['killAfter', 'error', 'zombie', 'freeze'];
  const all: Kind[] = ['killBefore', 'killAfter', 'replyLost', 'wentAway', 'error', 'throttled'];
  all.push('zombie', 'double', 'freeze');
  if (effect.startsWith('send.')) all.push('partial', 'partialLasting');
  if (/^(fetch|confirm)\./.test(effect)) all.push('truncated');
  if (/^stream\.(acquire|begin|place|advance|finish|release)$/.test(effect)) all.push('stolen');
  return all;
}

/** One fault that waits for its moment. */
export type Fault = {
  readonly effect: string;
  /** Which occurrence within the step, from 1. */
  readonly nth: number;
  readonly kind: Kind;
};
