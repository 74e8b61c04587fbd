import * as z from 'zod';

/*
 * The scalar kinds of carferry's records. They check shape, not meaning: a record comes from a translation
 * that has already read the value, or from a queue or table that holds what a translation wrote.
 */

/** Identifier as text; order ids exceed 2^53 and item ids may hold letters. */
export const idField = z.lazy(() => z.string().min(1));

/** Point in time, `yyyy-MM-ddTHH:mm:ss[.SSS]+08:00`. */
export const atField = z.lazy(() =>
  z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?\+08:00$/),
);

/** Members that the platform's document does not know, as received; personal-looking ones sealed. */
export const extraField = z.lazy(() => z.record(z.string(), z.unknown()).optional());

/**
 * Documented fields whose text could not be read as what the document says, by their upstream name; as
 * received. A number field of a minor part holding words does not cost the whole record.
 */
export const unreadField = z.lazy(() => z.record(z.string(), z.string()).optional());

export const text = z.lazy(() => z.string().optional());
export const count = z.lazy(() => z.number().optional());
export const flag = z.lazy(() => z.boolean().optional());
export const id = z.lazy(() => idField.optional());
/** Amount in integer fen; may be negative (adjustments). */
export const fen = z.lazy(() => z.int().optional());
export const at = z.lazy(() => atField.optional());
