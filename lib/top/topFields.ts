import * as z from 'zod';
import { exactNumber } from './losslessJson.ts';

/*
 * The scalar and list kinds of TOP documents. Values come from `losslessJson`: integers beyond 2^53 are
 * already strings. Every field is optional because TOP leaves out what it does not know; `null` counts as
 * absent, and so does empty text wherever text is not what the field holds. Sources: protocol notes, sections 5.2 to 5.4.
 */

const ID = 'an id of up to 20 digits';
const INTEGER = 'an integer within 2^53';
const DECIMAL = 'a decimal number';
const TIME = 'yyyy-MM-dd HH:mm:ss or epoch milliseconds';

const absent = z.union([z.null(), z.literal('')]).transform(() => undefined);

/** Text of a form; what is said of other text is the same as of another kind. */
function textLike(form: RegExp, expected: string) {
  return z.string().regex(form, { error: `expected ${expected}` });
}

function optional<Schema extends z.ZodType>(expected: string, schema: Schema) {
  return z.union([schema, absent], { error: `expected ${expected}` }).optional();
}

/** String; a number or boolean is taken by its text, an object or list by its JSON text. */
export const topText = () =>
  optional(
    'text',
    z.union([
      z.string(),
      z.union([z.number(), z.boolean()]).transform(String),
      z.union([z.looseObject({}), z.array(z.unknown())]).transform((value) => JSON.stringify(value)),
    ]),
  );

/** 64-bit id: a string of digits, whether it came quoted or not. */
export const topId = () =>
  optional(ID, z.union([textLike(/^\d{1,20}$/, ID), z.int().nonnegative().transform(String)]));

/** Integer within 2^53, quoted or not. */
export const topInteger = () =>
  optional(INTEGER, z.union([z.int(), textLike(/^-?\d{1,15}$/, INTEGER).transform(Number)]));

/** Decimal kept as text, e.g. yuan `200.07`; never passes through a float when it came quoted. */
export const topDecimal = () =>
  optional(DECIMAL, z.union([textLike(/^-?\d+(\.\d+)?$/, DECIMAL), z.number().transform(String)]));

/** Boolean, quoted or not, `1` and `0` included. */
export const topBoolean = () =>
  optional(
    'true or false',
    z.union([
      z.boolean(),
      z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0'] }),
      z.literal([0, 1]).transform((value) => value === 1),
    ]),
  );

/** Wall clock `yyyy-MM-dd[ HH:mm:ss[.SSS]]` of GMT+8, or epoch milliseconds as text; read it with `chinaTime`. */
export const topTime = () =>
  optional(
    TIME,
    z.union([
      textLike(/^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2}(\.\d{1,3})?)?$|^\d{10,14}$/, TIME),
      z.int().nonnegative().transform(String),
    ]),
  );

/** Object whose unknown members are kept as they came. */
export const topObject = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess(
    (value) => (value === null || value === '' ? undefined : value),
    z.looseObject(shape).optional(),
  );

/** Object that an empty `{}` leaves absent: how some APIs say that there is nothing. */
export const topData = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess(
    (value) => (value === null || value === '' || isEmptyObject(value) ? undefined : value),
    z.looseObject(shape).optional(),
  );

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

/** Id in a request: digits as text here, an unquoted number with all its digits on the wire. */
export const topDigits = () =>
  z
    .string()
    .regex(/^\d{1,20}$/)
    .transform(exactNumber);

/** `{"tag": […]}`, `[…]`, `{}`, `null` or absent, as one array. */
function unwrapList(value: unknown): unknown {
  if (value === null || value === undefined || value === '') return [];
  if (Array.isArray(value) || typeof value !== 'object') return value;
  const inner = Object.values(value);
  if (inner.length > 1) return value;
  const [only] = inner;
  // `{}`, and a tag around nothing.
  if (only === undefined || only === null || only === '' || isEmptyObject(only)) return [];
  return Array.isArray(only) ? only : value;
}

/** List of objects or scalars; one unreadable element makes the reply unreadable. */
export const topList = <Element extends z.ZodType>(element: Element) =>
  z.preprocess(unwrapList, z.array(element));

/** One row of a listing: read, or unreadable with the place and what was expected there. */
export type TopRow<T> =
  | { readonly ok: true; readonly value: T; readonly raw: unknown }
  | { readonly ok: false; readonly field: string; readonly expected: string; readonly raw: unknown };

/** List whose rows are read one by one, so that a bad row costs its neighbours nothing. */
export const topRows = <Element extends z.ZodType>(element: Element) =>
  z.preprocess(unwrapList, z.array(z.unknown())).transform((rows): TopRow<z.output<Element>>[] =>
    rows.map((raw) => {
      const read = element.safeParse(raw);
      if (read.success) return { ok: true, value: read.data, raw };
      const issue = read.error.issues[0];
      return {
        ok: false,
        field: issue?.path.join('.') ?? '',
        expected: issue?.message ?? 'another shape',
        raw,
      };
    }),
  );
