import type { WrappedKeys } from '../../lib/privacy/localKeys.ts';

/** Table `keys` in memory; `rows` and `asked` are open to the tests. */
export function fakeKeyTable(): WrappedKeys & { rows: Map<string, string>; asked: string[] } {
  const rows = new Map<string, string>();
  const asked: string[] = [];
  return {
    rows,
    asked,
    async read(entityId) {
      asked.push(`read ${entityId}`);
      return rows.get(entityId);
    },
    async create(entityId, wrapped) {
      asked.push(`create ${entityId}`);
      const stored = rows.get(entityId) ?? wrapped;
      rows.set(entityId, stored);
      return stored;
    },
  };
}
