import { isNodeArray, type Node, type NodeMap, TaggedList } from './json.ts';
import type { Quirks } from './quirks.ts';
import { coin } from './random.ts';

/** The row, its field made impossible when this row is to be broken. */
export function breakRow(quirks: Quirks, method: string, id: string, row: NodeMap): NodeMap {
  if (quirks.brokenRow === undefined) return row;
  let broken = row;
  for (const rule of quirks.brokenRow) {
    if (rule.method === method && isNth(`${method}/${id}`, rule.everyRows)) {
      broken = brokenAt(broken, rule.field.split('.'));
    }
  }
  return broken;
}

function brokenAt(row: NodeMap, [name = '', ...inner]: readonly string[]): NodeMap {
  const member = row[name];
  if (!isNodeMap(member)) return { ...row, [name]: { broken: true } };
  return { ...row, [name]: inner.length > 0 ? brokenAt(member, inner) : 'broken' };
}

function isNodeMap(node: Node | undefined): node is NodeMap {
  return typeof node === 'object' && node !== null && !(node instanceof TaggedList) && !isNodeArray(node);
}

/** True for about one id in `every`, always the same ones. */
export function isNth(id: string, every: number): boolean {
  return coin(`nth/${id}`) * every < 1;
}

/** Counts by name, forgotten when the quirks change: how often a window was listed, a lead asked for. */
export type QuirkMemory = {
  /** How often this was called before with the name. */
  count(name: string): number;
  clear(): void;
};

export function createQuirkMemory(): QuirkMemory {
  const counts = new Map<string, number>();
  return {
    count(name) {
      const before = counts.get(name) ?? 0;
      counts.set(name, before + 1);
      return before;
    },
    clear: () => counts.clear(),
  };
}
