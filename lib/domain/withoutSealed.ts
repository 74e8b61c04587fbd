import { sealedSchema } from './personal.ts';

function isSealed(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'envelope' in value &&
    sealedSchema.safeParse(value).success
  );
}

/** A stored record without its sealed values, at any depth: what is left of it when its person is erased. Pure. */
export function withoutSealed<T>(record: T): T;
export function withoutSealed(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((one) => !isSealed(one)).map((one) => withoutSealed(one));
  if (typeof value !== 'object' || value === null || value instanceof Set) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => !isSealed(member))
      .map(([name, member]) => [name, withoutSealed(member)]),
  );
}
