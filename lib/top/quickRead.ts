import * as z from 'zod';

/*
 * Reads a reply by a zod schema several times faster than zod does, where nothing is unusual: plain functions
 * beside the schemas of `topFields`, put together for objects. Whatever is not plainly right is `UNSURE`, and then
 * zod reads the whole and says what is wrong. So zod stays the definition, and this only a shorter way to the
 * same answer (a test compares them over generated replies).
 */

/** The reader's answer when zod must decide. */
export const UNSURE = Symbol('unsure');

/** The value as the schema would give it, or {@link UNSURE}. Never changes what it reads. */
export type Reader = (value: unknown) => unknown;

const readers = new WeakMap<z.ZodType, Reader>();

/** Names the reader of a schema; answers the schema. */
export function teach<Schema extends z.ZodType>(schema: Schema, reader: Reader): Schema {
  readers.set(schema, reader);
  return schema;
}

/** The reader of any schema; that of a schema nobody taught asks zod. */
export function readerOf(schema: z.ZodType): Reader {
  const known = readers.get(schema);
  if (known !== undefined) return known;
  const made = schema instanceof z.ZodObject && isLoose(schema) ? objectReader(schema.shape) : askZod(schema);
  readers.set(schema, made);
  return made;
}

function isLoose({ def }: z.ZodObject): boolean {
  return def.catchall instanceof z.ZodUnknown && (def.checks ?? []).length === 0;
}

function askZod(schema: z.ZodType): Reader {
  return (value) => {
    const read = schema.safeParse(value);
    return read.success ? read.data : UNSURE;
  };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of an object whose unknown members stay as they came; put together when the first object comes. */
export function objectReader(shape: z.core.$ZodLooseShape): Reader {
  let made: Reader | undefined;
  return (value) => {
    made ??= membersReader(shape);
    return made(value);
  };
}

function membersReader(shape: z.core.$ZodLooseShape): Reader {
  const fields = new Map<string, Reader>();
  /** Members that are there even when they did not come: lists. */
  const filled: [string, Reader][] = [];
  for (const [key, schema] of Object.entries(shape)) {
    if (!(schema instanceof z.ZodType)) return () => UNSURE;
    const reader = readerOf(schema);
    fields.set(key, reader);
    const absent = reader(undefined);
    if (absent === UNSURE) return () => UNSURE;
    if (absent !== undefined) filled.push([key, reader]);
  }
  return (value) => {
    if (!isRecord(value)) return UNSURE;
    let copy: Record<string, unknown> | undefined;
    for (const key in value) {
      const before = value[key];
      const reader = fields.get(key);
      if (reader === undefined) {
        // zod drops it, lest it become a prototype.
        if (key === '__proto__') return UNSURE;
        continue;
      }
      const after = reader(before);
      if (after === UNSURE) return UNSURE;
      if (after === before) continue;
      copy ??= { ...value };
      copy[key] = after;
    }
    for (const [key, reader] of filled) {
      if (Object.hasOwn(value, key)) continue;
      copy ??= { ...value };
      copy[key] = reader(undefined);
    }
    return copy ?? value;
  };
}

/** Of a list, after `unwrap` has taken its wrapping off. */
export function listReader(unwrap: Reader, element: z.ZodType): Reader {
  const read = readerOf(element);
  return (value) => {
    const rows = unwrap(value);
    if (!Array.isArray(rows)) return UNSURE;
    const elements: unknown[] = [];
    for (const row of rows) {
      const after = read(row);
      if (after === UNSURE) return UNSURE;
      elements.push(after);
    }
    return elements;
  };
}

export type QuickResult<Value> =
  | { readonly success: true; readonly data: Value }
  | { readonly success: false };

/** The value as `schema` gives it, if that is plain; else nothing, and zod is to be asked. */
export function quickRead<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): QuickResult<z.output<Schema>>;
export function quickRead(schema: z.ZodType, value: unknown): QuickResult<unknown> {
  const data = readerOf(schema)(value);
  return data === UNSURE ? { success: false } : { success: true, data };
}
