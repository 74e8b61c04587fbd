import { readFileSync } from 'node:fs';
import { isRecord, type Node, type NodeMap, readJson, TaggedList } from '../json.ts';
import { type RepairContext, repairs, type SampleDocument } from './repairs.ts';

/** The parsed text of a published sample, before any repair. */
export function readSample(document: SampleDocument): unknown {
  return readJson(readFileSync(new URL(`./${document}.json`, import.meta.url), 'utf8'));
}

/** A published sample with its repairs, ready to be served. */
export function servedSample(document: SampleDocument, parsed: unknown, context: RepairContext): NodeMap {
  let repaired = parsed;
  for (const repair of repairs) {
    if (repair.document === document) repaired = replace(repaired, repair.path, repair.served(context));
  }
  return toMap(repaired);
}

// A copy in which one place holds another value.
function replace(value: unknown, path: readonly string[], served: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return served;
  if (Array.isArray(value)) {
    return value.map((element, index) => (String(index) === name ? replace(element, rest, served) : element));
  }
  if (!isRecord(value) || !(name in value)) throw new TypeError(`the sample has no ${path.join('.')}`);
  return { ...value, [name]: replace(value[name], rest, served) };
}

function toMap(value: unknown): NodeMap {
  if (!isRecord(value)) throw new TypeError('a sample must be a JSON object');
  const map: NodeMap = {};
  for (const [name, member] of Object.entries(value)) map[name] = toNode(member);
  return map;
}

function toNode(value: unknown): Node | undefined {
  if (value === undefined || value instanceof TaggedList) return value;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') return value;
  if (typeof value === 'boolean' || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  // {"tag": […]} is how the samples wrap every list.
  if (entries.length === 1 && only !== undefined && Array.isArray(only[1])) {
    return new TaggedList(only[0], only[1].map(toMap));
  }
  return toMap(value);
}

/** The first row of a served list member, e.g. `trades`. */
export function firstRow(document: NodeMap, list: string): NodeMap {
  const member = document[list];
  const row = member instanceof TaggedList ? member.rows[0] : undefined;
  return toMap(row);
}
