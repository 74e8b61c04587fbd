import * as z from 'zod';
import { STEPS, type Step, stepSchema } from '../domain/order.ts';
import { atField, idField } from '../domain/scalars.ts';
import { fromItem, type Item } from './items.ts';

export const DUE_REASONS = ['leadCheck', 'owed', 'carCheck', 'openOrder'] as const;
export type DueReason = (typeof DUE_REASONS)[number];

/** Work for later on one order; at most one of each reason. */
export type Due = {
  readonly orderId: string;
  readonly reason: DueReason;
  /** ISO `+08:00`. */
  readonly dueAt: string;
  readonly shop: string;
  /** How often it was done already. */
  readonly attempts: number;
  /** When the first attempt was due (default: `dueAt`); the schedule of the later ones counts from here. */
  readonly firstDueAt?: string | undefined;
  readonly steps?: readonly Step[] | undefined;
};

/** A row that this version of the program did not write, by its key and what is wrong with it. */
export type RefusedDue = {
  readonly orderId: string;
  readonly reason: string;
  readonly refusal: 'due-unreadable' | 'due-foreign-version';
  readonly field: string | undefined;
};

/** Version of the rows; rows of the first versions of the program carry none and are version 1. */
export const DUE_VERSION = 1;

/** What a person does about a refused row. */
export const REFUSED_DUE_HINT =
  'it is neither done nor dropped; look at it with carferry dues list, then carferry dues repair';

const rowSchema = z.lazy(() =>
  z.strictObject({
    v: z.literal(DUE_VERSION).optional(),
    orderId: idField,
    reason: z.enum(DUE_REASONS),
    bucket: z.string(),
    dueAt: atField,
    shop: z.string().min(1),
    attempts: z.int().nonnegative(),
    firstDueAt: atField.optional(),
    steps: z.set(stepSchema).optional(),
  }),
);

/** Reads a row of `dues`; what cannot be trusted is named, never guessed at. */
export function readDue(item: Item): { readonly due: Due } | { readonly refused: RefusedDue } {
  const record = fromItem(item);
  const read = rowSchema.safeParse(record);
  if (!read.success) {
    const isForeign = record['v'] !== undefined && record['v'] !== DUE_VERSION;
    return {
      refused: {
        orderId: String(record['orderId']),
        reason: String(record['reason']),
        refusal: isForeign ? 'due-foreign-version' : 'due-unreadable',
        field: isForeign ? 'v' : read.error.issues[0]?.path.join('.'),
      },
    };
  }
  const { orderId, reason, dueAt, shop, attempts, firstDueAt, steps } = read.data;
  const named: ReadonlySet<string> = steps ?? new Set();
  return {
    due: {
      orderId,
      reason,
      dueAt,
      shop,
      attempts,
      ...(firstDueAt !== undefined && { firstDueAt }),
      ...(named.size > 0 && { steps: STEPS.filter((step) => named.has(step)) }),
    },
  };
}
