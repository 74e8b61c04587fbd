import * as z from 'zod';

/** Takes off optional, nullable, pipe and union until an object, an array or a scalar remains. */
function core(schema: unknown): unknown {
  if (schema instanceof z.ZodLazy) return core(schema.unwrap());
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return core(schema.unwrap());
  if (schema instanceof z.ZodPipe) {
    const out = core(schema.def.out);
    return out instanceof z.ZodTransform ? core(schema.def.in) : out;
  }
  if (schema instanceof z.ZodUnion) {
    const structured = schema.options.map(core).filter((option) => option instanceof z.ZodObject);
    // A text field takes any object by its JSON text: such an object has no members of its own.
    return structured.find((option) => Object.keys(option.shape).length > 0);
  }
  return schema;
}

/**
 * Every field path of a schema, `name`, `list[]`, `list[].name`. `rows` gives the shape of lists whose
 * elements are read one by one, by the list's path.
 */
export function schemaPaths(
  schema: unknown,
  rows: Readonly<Record<string, z.ZodRawShape>> = {},
  prefix = '',
): string[] {
  const inner = core(schema);
  if (!(inner instanceof z.ZodObject)) return [];
  return Object.entries(inner.shape).flatMap(([name, member]) => {
    const path = prefix + name;
    const value = core(member);
    if (!(value instanceof z.ZodArray)) return [path, ...schemaPaths(member, rows, `${path}.`)];
    const shape = rows[path];
    const element = shape === undefined ? value.element : z.looseObject(shape);
    return [`${path}[]`, ...schemaPaths(element, rows, `${path}[].`)];
  });
}
