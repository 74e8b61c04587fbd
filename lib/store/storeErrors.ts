import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { CarferryError } from '../core/errors.ts';
import { recordTooLarge } from './items.ts';

/** True for a lost race: the command reached the table and its condition did not hold. */
export function isConditionFailed(thrown: unknown): thrown is ConditionalCheckFailedException {
  return thrown instanceof ConditionalCheckFailedException;
}

/** Refused for a reason that another attempt of the same command meets again. */
const REFUSALS = new Set([
  'AccessDeniedException',
  'ResourceNotFoundException',
  'UnrecognizedClientException',
  'ValidationException',
]);

/**
 * What DynamoDB or the way to it threw, as one of ours: `park` `record-too-large` for an item above 400 KB,
 * `retry` `store-refused` for a refusal (permission, missing table), else `retry` `store-unavailable`.
 */
export function toStoreError(thrown: unknown, table: string): CarferryError {
  if (thrown instanceof CarferryError) return thrown;
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  // The engine's message may quote the item, so it is read here and never passed on.
  if (name === 'ValidationException' && thrown instanceof Error && /size.*exceeded/i.test(thrown.message)) {
    return recordTooLarge(table);
  }
  const refused = REFUSALS.has(name);
  return new CarferryError({
    disposition: 'retry',
    reason: refused ? 'store-refused' : 'store-unavailable',
    message: `table ${table}: ${name}`,
    details: { table, name },
    cause: refused ? undefined : thrown,
  });
}

/** Another writer came first, every time. */
export function contended(table: string): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'store-contended',
    message: `table ${table}: too many writers of one record`,
    details: { table },
  });
}
