import * as z from 'zod';
import { exactNumber } from './losslessJson.ts';
import { listReader, objectReader, type Reader, readerOf, teach, UNSURE } from './quickRead.ts';

/*
 * The scalar and list kinds of TOP documents. Values come from `losslessJson`: integers beyond 2^53 are
 * already strings. Every field is optional because TOP leaves out what it does not know; `null` counts as
 * absent, and so does empty text wherever text is not what the field holds. Sources: protocol notes, sections 5.2 to 5.4.
 */

const ID = 'an id of up to 20 digits';
const INTEGER = 'an integer within 2^53';
const DECIMAL = 'a decimal number';
const TIME = 'yyyy-MM-dd HH:mm:ss or epoch milliseconds';

const ID_FORM = /^\d{1,20}$/;
const INTEGER_FORM = /^-?\d{1,15}$/;
const DECIMAL_FORM = /^-?\d+(\.\d+)?$/;
const TIME_FORM = /^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2}(\.\d{1,3})?)?$|^\d{10,14}$/;

const absent = z.lazy(() => z.union([z.null(), z.literal('')]).transform(() => undefined));

/*
 * The hundreds of schemas that the documents name would be most of what loading a function costs. So there is one
 * of a kind for all fields of it, for a schema never changes; and each is made when it is first asked (`z.lazy`).
 */
function once<Schema>(make: () => Schema): () => Schema {
  let made: Schema | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Text of a form; what is said of other text is the same as of another kind. */
function textLike(form: RegExp, expected: string) {
  return z.string().regex(form, { error: `expected ${expected}` });
}

/** @param quick reads the kind's plain spellings; most fields of a reply pass here, so it is one function, not layers */
function optional<Schema extends z.ZodType>(expected: string, make: () => Schema, quick: Reader) {
  const schema = z.lazy(() => z.union([make(), absent], { error: `expected ${expected}` }).optional());
  return teach(schema, quick);
}

/** What no value says: absent, `null`, and for kinds other than text the empty text. */
function unsaid(value: unknown): undefined | typeof UNSURE {
  return value === undefined || value === null || value === '' ? undefined : UNSURE;
}

/** Plain spellings of a kind whose values are texts of `form`; a number is taken as `written` says. */
function textOf(form: RegExp, written: (value: number) => unknown): Reader {
  return (value) => {
    if (typeof value === 'string') return form.test(value) ? value : unsaid(value);
    return typeof value === 'number' ? written(value) : unsaid(value);
  };
}

const wholeAsText = (value: number): unknown =>
  Number.isSafeInteger(value) && value >= 0 ? String(value) : UNSURE;

/** String; a number or boolean is taken by its text, an object or list by its JSON text. */
export const topText = once(() =>
  optional(
    'text',
    () =>
      z.union([
        z.string(),
        z.union([z.number(), z.boolean()]).transform(String),
        z.union([z.looseObject({}), z.array(z.unknown())]).transform((value) => JSON.stringify(value)),
      ]),
    (value) => {
      if (typeof value === 'string') return value;
      if (value === undefined || value === null) return undefined;
      return typeof value === 'number' || typeof value === 'boolean' ? String(value) : UNSURE;
    },
  ),
);

/** 64-bit id: a string of digits, whether it came quoted or not. */
export const topId = once(() =>
  optional(
    ID,
    () => z.union([textLike(ID_FORM, ID), z.int().nonnegative().transform(String)]),
    textOf(ID_FORM, wholeAsText),
  ),
);

/** Integer within 2^53, quoted or not. */
export const topInteger = once(() =>
  optional(
    INTEGER,
    () => z.union([z.int(), textLike(INTEGER_FORM, INTEGER).transform(Number)]),
    (value) => {
      if (typeof value === 'number') return Number.isSafeInteger(value) ? value : UNSURE;
      return typeof value === 'string' && INTEGER_FORM.test(value) ? Number(value) : unsaid(value);
    },
  ),
);

/** Decimal kept as text, e.g. yuan `200.07`; never passes through a float when it came quoted. */
export const topDecimal = once(() =>
  optional(
    DECIMAL,
    () => z.union([textLike(DECIMAL_FORM, DECIMAL), z.number().transform(String)]),
    textOf(DECIMAL_FORM, (value) => (Number.isFinite(value) ? String(value) : UNSURE)),
  ),
);

/** Boolean, quoted or not, `1` and `0` included. */
export const topBoolean = once(() =>
  optional(
    'true or false',
    () =>
      z.union([
        z.boolean(),
        z.stringbool({ truthy: ['true', '1'], falsy: ['false', '0'] }),
        z.literal([0, 1]).transform((value) => value === 1),
      ]),
    (value) => {
      switch (value) {
        case true:
        case 'true':
        case '1':
        case 1:
          return true;
        case false:
        case 'false':
        case '0':
        case 0:
          return false;
        default:
          return unsaid(value);
      }
    },
  ),
);

/** Wall clock `yyyy-MM-dd[ HH:mm:ss[.SSS]]` of GMT+8, or epoch milliseconds as text; read it with `chinaTime`. */
export const topTime = once(() =>
  optional(
    TIME,
    () => z.union([textLike(TIME_FORM, TIME), z.int().nonnegative().transform(String)]),
    textOf(TIME_FORM, wholeAsText),
  ),
);

/** Object that has to be there: a reply, an element of a list, a row; unknown members are kept as they came. */
export const topMembers = <Shape extends z.ZodRawShape>(shape: Shape) =>
  teach(z.lazy(once(() => z.looseObject(shape))), objectReader(shape));

/** Object whose unknown members are kept as they came. */
export const topObject = <Shape extends z.ZodRawShape>(shape: Shape) => {
  const read = objectReader(shape);
  return teach(
    z.lazy(() =>
      z.preprocess((value) => (isAbsent(value) ? undefined : value), z.looseObject(shape).optional()),
    ),
    (value) => (isAbsent(value) ? undefined : read(value)),
  );
};

/** Object that an empty `{}` leaves absent: how some APIs say that there is nothing. */
export const topData = <Shape extends z.ZodRawShape>(shape: Shape) => {
  const read = objectReader(shape);
  const isNothing = (value: unknown): boolean => isAbsent(value) || isEmptyObject(value);
  return teach(
    z.lazy(() =>
      z.preprocess((value) => (isNothing(value) ? undefined : value), z.looseObject(shape).optional()),
    ),
    (value) => (isNothing(value) ? undefined : read(value)),
  );
};

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

/** Id in a request: digits as text here, an unquoted number with all its digits on the wire. */
export const topDigits = () =>
  z.lazy(() =>
    z
      .string()
      .regex(/^\d{1,20}$/)
      .transform(exactNumber),
  );

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
  teach(
    z.lazy(() => z.preprocess(unwrapList, z.array(element))),
    listReader(unwrapList, element),
  );

/** One row of a listing: read, or unreadable with the place and what was expected there. */
export type TopRow<T> =
  | { readonly ok: true; readonly value: T; readonly raw: unknown }
  | { readonly ok: false; readonly field: string; readonly expected: string; readonly raw: unknown };

/** List whose rows are read one by one, so that a bad row costs its neighbours nothing. */
export const topRows = <Element extends z.ZodType>(element: Element) => {
  const quick = readerOf(element);
  const readRow = (raw: unknown): TopRow<z.output<Element>> => {
    const read = element.safeParse(raw);
    if (read.success) return { ok: true, value: read.data, raw };
    const issue = read.error.issues[0];
    return {
      ok: false,
      field: issue?.path.join('.') ?? '',
      expected: issue?.message ?? 'another shape',
      raw,
    };
  };
  return teach(
    z.lazy(() => z.preprocess(unwrapList, z.array(z.unknown())).transform((rows) => rows.map(readRow))),
    (value) => {
      const rows = unwrapList(value);
      if (!Array.isArray(rows)) return UNSURE;
      return rows.map((raw: unknown) => {
        const read = quick(raw);
        return read === UNSURE ? readRow(raw) : { ok: true, value: read, raw };
      });
    },
  );
};
