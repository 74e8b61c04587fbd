import type { KeyRow, KeyRows } from '../../lib/privacy/keyRows.ts';

/** Table `keys` in memory; `rows`, `erased` and `asked` are open to the tests. */
export function fakeKeyTable(): KeyRows & {
  rows: Map<string, string>;
  erased: Map<string, string>;
  asked: string[];
} {
  const rows = new Map<string, string>();
  const erased = new Map<string, string>();
  const asked: string[] = [];
  const rowOf = (entityId: string): KeyRow | undefined =>
    rows.has(entityId) || erased.has(entityId)
      ? { wrapped: rows.get(entityId), erasedAt: erased.get(entityId) }
      : undefined;
  return {
    rows,
    erased,
    asked,
    async read(entityId) {
      asked.push(`read ${entityId}`);
      return rowOf(entityId);
    },
    async create(entityId, wrapped) {
      asked.push(`create ${entityId}`);
      const stored = rowOf(entityId);
      if (stored !== undefined) return stored;
      rows.set(entityId, wrapped);
      return { wrapped };
    },
  };
}
