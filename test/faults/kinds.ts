/** How an effect can go wrong: kill (K), reply lost (R), error (E), zombie (Z), duplicate (D), time-out (T). */
export type Kind =
  /** K: the process dies before the request reaches the server. */
  | 'killBefore'
  /** K: it dies after the server has done it. */
  | 'killAfter'
  /** R: done, but the answer is lost; what is sent again meets its own effect. */
  | 'replyLost'
  /** R: done, the answer is lost, and the server is away for the rest of the invocation. */
  | 'wentAway'
  /** E: the server fails, again and again, for the rest of the invocation. */
  | 'error'
  /** E: two refusals for load (a ban, for TOP), then it works. */
  | 'throttled'
  /** E: a batch is taken in part: the rest is refused once. */
  | 'partial'
  /** E: part of every batch is refused for the rest of the invocation. */
  | 'partialLasting'
  /** E: half of an answer. */
  | 'truncated'
  /** E: another writer came between: a real ConditionalCheckFailed. */
  | 'stolen'
  /** Z: the process sleeps through its lease, another does the work, then it goes on. */
  | 'zombie'
  /** D: the same event a second time, side by side. */
  | 'double'
  /** T: frozen past its deadline; the request arrives late and the environment is used again. */
  | 'freeze';

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
