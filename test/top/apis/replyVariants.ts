import { isRecord } from './documents.ts';

/** Makes a copy of a JSON value; `change` may replace any scalar. */
export function mapScalars(
  value: unknown,
  change: (scalar: unknown, path: string) => unknown,
  path = '',
): unknown {
  if (Array.isArray(value)) return value.map((element, at) => mapScalars(element, change, `${path}[${at}]`));
  if (!isRecord(value)) return change(value, path);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, mapScalars(member, change, `${path}.${key}`)]),
  );
}

function isWrappedList(value: unknown): value is Record<string, unknown[]> {
  return isRecord(value) && Object.keys(value).length === 1 && Array.isArray(Object.values(value)[0]);
}

/** `{"list":{"tag":[…]}}` → `{"list":[…]}`, at any depth. */
export function flattenLists(value: unknown): unknown {
  if (isWrappedList(value)) return flattenLists(Object.values(value)[0]);
  if (Array.isArray(value)) return value.map(flattenLists);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, flattenLists(member)]));
}

/** The object below the root; the Qimen sample has no root. */
export function withoutRoot(reply: Record<string, unknown>): Record<string, unknown> {
  const [key = '', ...others] = Object.keys(reply);
  const inner = reply[key];
  return others.length === 0 && key.endsWith('_response') && isRecord(inner) ? inner : reply;
}

/** Adds an unknown member to every object that is not a list's wrapping. */
export function withUnknownMembers(value: unknown, added: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((element) => withUnknownMembers(element, added));
  if (!isRecord(value)) return value;
  const members = Object.entries(value).map(([key, member]) => [key, withUnknownMembers(member, added)]);
  return Object.fromEntries(isWrappedList(value) ? members : [...members, ...Object.entries(added)]);
}

/** Paths of all list fields, as keys from the top. */
export function listPaths(value: unknown, path: readonly string[] = []): string[][] {
  if (Array.isArray(value)) return value.flatMap((element, at) => listPaths(element, [...path, String(at)]));
  if (!isRecord(value)) return [];
  const own = isWrappedList(value) ? [[...path]] : [];
  return [...own, ...Object.entries(value).flatMap(([key, member]) => listPaths(member, [...path, key]))];
}

/** A copy in which the value at `path` is replaced, or left out when `replacement` is `undefined`. */
export function replaceAt(value: unknown, path: readonly string[], replacement: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return replacement;
  if (Array.isArray(value)) {
    return value.map((element, at) => (String(at) === key ? replaceAt(element, rest, replacement) : element));
  }
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => {
      if (name !== key) return [[name, member]];
      const replaced = replaceAt(member, rest, replacement);
      return replaced === undefined ? [] : [[name, replaced]];
    }),
  );
}
