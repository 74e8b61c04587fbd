import * as z from 'zod';
import { type Sealed, sealedSchema } from './personal.ts';

/** Shows a sealed value to a person who holds the key. */
export type Reveal = (sealed: Sealed) => string;

const SUFFIX = 'Sealed';

function asSealed(value: unknown): Sealed | undefined {
  if (typeof value !== 'object' || value === null || !('envelope' in value)) return undefined;
  return sealedSchema.safeParse(value).data;
}

function exportValue(value: unknown, show: Reveal): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const sealed = asSealed(value);
  if (sealed !== undefined) return show(sealed);
  if (Array.isArray(value)) return value.map((element) => exportValue(element, show));
  return exportRecord(value, show);
}

/**
 * A stored record as people get it: a field `xSealed` becomes `x`, its mask, or with `reveal` its value, at
 * any depth. Absent members stay absent.
 */
export function exportRecord(record: object, reveal?: Reveal): Record<string, unknown> {
  const show = reveal ?? ((sealed: Sealed) => sealed.mask);
  const members = Object.entries(record).filter(([, value]) => value !== undefined);
  // fromEntries defines members, so that an upstream `__proto__` stays a member and changes no prototype.
  return Object.fromEntries(
    members.map(([key, value]) => {
      const isSealed = key.endsWith(SUFFIX) && asSealed(value) !== undefined;
      return [isSealed ? key.slice(0, -SUFFIX.length) : key, exportValue(value, show)];
    }),
  );
}

function exportShape(shape: z.ZodRawShape): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(shape).map(([key, member]) => {
      const name = key.endsWith(SUFFIX) ? key.slice(0, -SUFFIX.length) : key;
      return [name, exportSchema(member)];
    }),
  );
}

/** The schema of {@link exportRecord}'s result for records of `schema`. Objects stay closed. */
export function exportSchema(schema: unknown): z.ZodType {
  if (schema === sealedSchema) return z.string();
  if (schema instanceof z.ZodLazy) return exportSchema(schema.unwrap());
  if (schema instanceof z.ZodOptional) return exportSchema(schema.unwrap()).optional();
  if (schema instanceof z.ZodNullable) return exportSchema(schema.unwrap()).nullable();
  if (schema instanceof z.ZodArray) return z.array(exportSchema(schema.element));
  if (schema instanceof z.ZodRecord) return z.record(z.string(), exportSchema(schema.valueType));
  if (schema instanceof z.ZodObject) return z.strictObject(exportShape(schema.shape));
  if (schema instanceof z.ZodType) return schema;
  throw new TypeError('not a schema');
}
