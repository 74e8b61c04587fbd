import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, type NativeAttributeValue, unmarshall } from '@aws-sdk/util-dynamodb';
import { CarferryError } from '../core/errors.ts';

/** A stored item as DynamoDB writes it. */
export type Item = Record<string, AttributeValue>;

/** DynamoDB refuses an item above 400 KB; we stop earlier, while other facets still find room. */
export const MAX_RECORD_BYTES = 350 * 1024;

const NUMBER_BYTES = 21;
const CONTAINER_BYTES = 3;

/** A plain record as an item: undefined members dropped, `null` kept, `Set` of strings as a string set. */
export function toItem(record: object): Item {
  const item: Item = {};
  for (const [name, value] of Object.entries(record)) {
    if (value !== undefined) item[name] = toAttribute(value);
  }
  return item;
}

/** One value of an item. The common kinds are written here, several times faster than by the SDK's own writer. */
export function toAttribute(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'number' && isPlainNumber(value)) return { N: String(value) };
  if (value === null || value === undefined) return { NULL: true };
  if (Array.isArray(value)) return { L: value.filter((element) => element !== undefined).map(toAttribute) };
  if (isPlainObject(value)) return { M: toItem(value) };
  return marshall({ value }, { removeUndefinedValues: true })['value'] ?? { NULL: true };
}

function isPlainNumber(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** The plain record of an item. Our numbers are safe by `losslessJson`, so none comes back as a bigint. */
export function fromItem(item: Item): Record<string, NativeAttributeValue> {
  const record: Record<string, NativeAttributeValue> = {};
  for (const name of Object.keys(item)) record[name] = fromAttribute(item[name]);
  return record;
}

/** As {@link toAttribute}: what is not common is left to the SDK's reader. */
function fromAttribute(value: AttributeValue | undefined): NativeAttributeValue {
  if (value === undefined) return undefined;
  if (value.S !== undefined) return value.S;
  if (value.M !== undefined) return fromItem(value.M);
  if (value.L !== undefined) return value.L.map(fromAttribute);
  if (value.BOOL !== undefined) return value.BOOL;
  if (value.SS !== undefined) return new Set(value.SS);
  if (value.N !== undefined && isPlainNumber(Number(value.N))) return Number(value.N);
  return unmarshall({ value })['value'];
}

type TextSize = (text: string) => number;

function attributeBytes(value: AttributeValue | undefined, sizeOf: TextSize): number {
  if (value === undefined) return 0;
  if (value.S !== undefined) return sizeOf(value.S);
  if (value.N !== undefined) return NUMBER_BYTES;
  if (value.M !== undefined) return CONTAINER_BYTES + itemBytes(value.M, sizeOf);
  if (value.B !== undefined) return value.B.byteLength;
  if (value.SS !== undefined) return value.SS.reduce((sum, text) => sum + sizeOf(text), 0);
  if (value.L !== undefined) {
    return value.L.reduce((sum, element) => sum + 1 + attributeBytes(element, sizeOf), CONTAINER_BYTES);
  }
  return 1;
}

/** Size of an item as DynamoDB counts it, numbers at their largest: UTF-8 names and values plus overhead. */
export function itemBytes(item: Item, sizeOf: TextSize = Buffer.byteLength): number {
  let sum = 0;
  for (const name of Object.keys(item)) sum += 1 + sizeOf(name) + attributeBytes(item[name], sizeOf);
  return sum;
}

/** No code unit takes more; asking for the real size costs more than the rest of the walk. */
const mostBytes: TextSize = (text) => text.length * 3;

/** The error of a record that no table of ours takes. */
export function recordTooLarge(table: string, cause?: unknown): CarferryError {
  return new CarferryError({
    disposition: 'park',
    reason: 'record-too-large',
    message: `a record of ${table} is above ${MAX_RECORD_BYTES / 1024} KB`,
    hint: 'look for a field that grew; the record cannot be stored whole',
    details: { table },
    cause,
  });
}

/**
 * Refuses what would not fit, before anything is sent.
 *
 * @throws CarferryError `park`, `record-too-large`.
 */
export function refuseTooLarge(table: string, item: Item): void {
  if (itemBytes(item, mostBytes) <= MAX_RECORD_BYTES) return;
  if (itemBytes(item) > MAX_RECORD_BYTES) throw recordTooLarge(table);
}
