import { isDeepStrictEqual } from 'node:util';
import { fromItem, type Item, toItem } from './items.ts';
import type { Condition } from './tableCommands.ts';

/*
 * Versions make the tables a join: of all deliveries of a record the greatest stays, in whatever order they
 * come. Greatest is decided by `modified` where the source states it, then by the time of observation, then
 * (two observations in one millisecond) by the hash, only to decide it the same way everywhere.
 *
 * Times compare as text: all of them are `yyyy-MM-ddTHH:mm:ss[.SSS]+08:00`, and `+` sorts before `.`.
 */

/** A version of something that was observed: an ad line, a lead. */
export type Observation = { readonly observedAt: string; readonly hash: string };

/** A version of a trade. */
export type TradeVersion = Observation & { readonly modifiedAt: string };

/** Nothing stored yet, or an older observation with another content. */
export function isNewerObservation(seen: Observation, key: string): Condition {
  return ({ name, value }) => {
    const [observedAt, hash] = [value(seen.observedAt), value(seen.hash)];
    const absent = `attribute_not_exists(${name(key)})`;
    const older = `(${name('observedAt')} < ${observedAt} AND ${name('hash')} <> ${hash})`;
    const tie = `(${name('observedAt')} = ${observedAt} AND ${name('hash')} < ${hash})`;
    return `${absent} OR ${older} OR ${tie}`;
  };
}

/** The same content, observed earlier. */
export function isSameButEarlier(seen: Observation): Condition {
  return ({ name, value }) =>
    `${name('hash')} = ${value(seen.hash)} AND ${name('observedAt')} < ${value(seen.observedAt)}`;
}

/** No trade stored yet, or an older one, or one that a reconcile no longer trusts and whose hash it took away. */
export function isNewerTrade(seen: TradeVersion): Condition {
  return ({ name, value }) => {
    const [modifiedAt, observedAt, hash] = [value(seen.modifiedAt), value(seen.observedAt), value(seen.hash)];
    const absent = `attribute_not_exists(${name('trade')}) OR attribute_not_exists(${name('hash')})`;
    const older = `${name('tradeModifiedAt')} < ${modifiedAt}`;
    const same = `${name('tradeModifiedAt')} = ${modifiedAt}`;
    const earlier = `(${same} AND ${name('hash')} <> ${hash} AND ${name('tradeObservedAt')} < ${observedAt})`;
    const tie = `(${same} AND ${name('tradeObservedAt')} = ${observedAt} AND ${name('hash')} < ${hash})`;
    return `${absent} OR ${older} OR ${earlier} OR ${tie}`;
  };
}

/** The same trade, observed earlier. */
export function isSameTradeButEarlier(seen: TradeVersion): Condition {
  return ({ name, value }) =>
    `${name('tradeModifiedAt')} = ${value(seen.modifiedAt)} AND ${name('hash')} = ${value(seen.hash)} AND ${name('tradeObservedAt')} < ${value(seen.observedAt)}`;
}

/** True when `stored` is what a write of `wanted` would have left. */
export function isStoredAs(stored: unknown, wanted: unknown): boolean {
  return isDeepStrictEqual(stored, fromItem(toItem({ wanted }))['wanted']);
}

/** True when the stored item carries this very observation. */
export function holdsObservation(stored: Item | undefined, seen: Observation): boolean {
  return stored?.['hash']?.S === seen.hash && stored['observedAt']?.S === seen.observedAt;
}

/** True when the stored item carries the same content, observed earlier. */
export function observedEarlier(stored: Item | undefined, seen: Observation): boolean {
  const observedAt = stored?.['observedAt']?.S;
  return stored?.['hash']?.S === seen.hash && observedAt !== undefined && observedAt < seen.observedAt;
}

/** True when the stored order carries this very observation of its trade. */
export function holdsTrade(stored: Item | undefined, seen: TradeVersion): boolean {
  return isSameTrade(stored, seen) && stored?.['tradeObservedAt']?.S === seen.observedAt;
}

/** True when the stored order carries the same trade, observed earlier. */
export function tradeObservedEarlier(stored: Item | undefined, seen: TradeVersion): boolean {
  const observedAt = stored?.['tradeObservedAt']?.S;
  return isSameTrade(stored, seen) && observedAt !== undefined && observedAt < seen.observedAt;
}

function isSameTrade(stored: Item | undefined, seen: TradeVersion): boolean {
  return stored?.['tradeModifiedAt']?.S === seen.modifiedAt && stored['hash']?.S === seen.hash;
}
