import { toEpochMs } from '../domain/chinaTime.ts';
import type { Placeholders } from './expression.ts';
import type { Item } from './items.ts';

/** Attribute by which DynamoDB deletes a row, within days after its second; epoch seconds. */
export const EXPIRES_AT = 'expiresAtSeconds';

/** How long rows are kept. */
export type Retention = {
  /** Days after the last observation; 0 or absent: for good. */
  readonly days?: number | undefined;
  /** Epoch ms. */
  readonly now?: (() => number) | undefined;
};

/** The second from which a row observed at `iso` is gone; undefined: never. */
export function expiryAfter(iso: string, { days = 0 }: Retention): number | undefined {
  return days === 0 ? undefined : Math.floor(toEpochMs(iso) / 1000) + days * 86_400;
}

/** True from the second of its expiry on, whether or not DynamoDB has deleted the row yet. */
export function isExpired(item: Item, nowMs: number): boolean {
  const second = item[EXPIRES_AT]?.N;
  return second !== undefined && Number(second) * 1000 <= nowMs;
}

/** Condition: the row is absent, or has not expired. */
export function isAlive({ name, value }: Placeholders, nowMs: number): string {
  const second = name(EXPIRES_AT);
  return `(attribute_not_exists(${second}) OR ${second} > ${value(Math.floor(nowMs / 1000))})`;
}
