import { escapePart } from './keyProvider.ts';

/** The record a personal value belongs to. */
export type Entity = {
  readonly kind: 'order' | 'lead' | 'quarantine';
  readonly id: string;
  /** Top-level attribute that the record becomes, when it is only a part of the entity, e.g. `car`. */
  readonly facet?: string;
  /**
   * Whose data key seals the record, when not its own: a pulled lead and a parked reply of an order use the
   * order's key, so that erasing the order's key erases them too.
   */
  readonly keyOf?: { readonly kind: 'order' | 'lead' | 'quarantine'; readonly id: string };
};

/** Members and list positions from the record's root, in the names of the clear record. */
export type Path = readonly (string | number)[];

/** The text an envelope is bound to, e.g. `order|4277659395456225432|car.buyerName`. */
export function placeOf(entity: Entity, path: Path): string {
  const parts = entity.facet === undefined ? path : [entity.facet, ...path];
  const field = parts.map((part) => escapePart(String(part))).join('.');
  return `${entity.kind}|${escapePart(entity.id)}|${field}`;
}

/** True for an object literal or a parsed JSON object; instances of classes are left as they are. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
