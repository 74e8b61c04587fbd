import { Clear } from '../../lib/domain/personal.ts';

/** A translated record as plain JSON for comparing: a `Clear` shows its kind and value. Invented data only. */
export function shown(value: unknown): unknown {
  if (value instanceof Clear) return { kind: value.kind, clear: value.reveal() };
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shown(member)]));
}
