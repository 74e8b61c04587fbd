/*
 * JSON with exact 64-bit integers: written from bigint as plain digits, read back as bigint. JSON.parse and
 * JSON.stringify alone would round an order id such as 4277659395456225432.
 */

/** What a reply is made of. A bigint becomes an unquoted integer; undefined members are left out. */
export type Node = string | number | bigint | boolean | null | TaggedList | readonly Node[] | NodeMap;
export type NodeMap = { [name: string]: Node | undefined };

/** A documented list field: `{"<tag>": […]}` when wrapped, `[…]` when flat. */
export class TaggedList {
  readonly tag: string;
  readonly rows: readonly Node[];

  constructor(tag: string, rows: readonly Node[]) {
    this.tag = tag;
    this.rows = rows;
  }
}

export type ListStyle = {
  lists: 'wrapped' | 'flat';
  empty: 'absent' | 'object' | 'array' | 'null';
  /** `text`: numbers and booleans in quotes; `digits`: texts of digits without. Default as they are. */
  scalars?: 'typed' | 'text' | 'digits';
};

// What can stand without quotes and mean the same: no leading zero, within 64 bits.
const wholeDigits = /^[1-9]\d{0,17}$/;

/** The text of a node; undefined for an empty list that this style leaves out. */
export function writeJson(node: Node, style: ListStyle): string | undefined {
  if (typeof node === 'string') {
    return style.scalars === 'digits' && wholeDigits.test(node) ? node : JSON.stringify(node);
  }
  if (node === null) return 'null';
  if (typeof node !== 'object') return style.scalars === 'text' ? `"${node}"` : String(node);
  if (node instanceof TaggedList) return writeList(node, style);
  if (isNodeArray(node)) return `[${node.map((element) => writeJson(element, style) ?? 'null').join(',')}]`;
  let text = '';
  for (const name in node) {
    const value = node[name];
    if (value === undefined) continue;
    const written = writeJson(value, style);
    if (written === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(name)}:${written}`;
  }
  return `{${text}}`;
}

export function isNodeArray(node: Node): node is readonly Node[] {
  return Array.isArray(node);
}

function writeList(list: TaggedList, style: ListStyle): string | undefined {
  if (list.rows.length === 0) {
    if (style.empty === 'absent') return undefined;
    return { object: '{}', array: '[]', null: 'null' }[style.empty];
  }
  const rows = `[${list.rows.map((row) => writeJson(row, style) ?? 'null').join(',')}]`;
  return style.lists === 'flat' ? rows : `{${JSON.stringify(list.tag)}:${rows}}`;
}

// A string literal, or a number outside one.
const stringOrNumber = /("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g;
const numberMark = '\u0000number:';

/** Parses JSON text; integers come back as bigint, other numbers as number. Throws SyntaxError. */
export function readJson(text: string): unknown {
  JSON.parse(text);
  const marked = text.replace(
    stringOrNumber,
    (_all, literal: string | undefined, digits: string | undefined) =>
      digits === undefined ? String(literal) : `"\\u0000number:${digits}"`,
  );
  const parsed: unknown = JSON.parse(marked);
  return unmark(parsed);
}

function unmark(value: unknown): unknown {
  if (typeof value === 'string') {
    if (!value.startsWith(numberMark)) return value;
    const digits = value.slice(numberMark.length);
    return /^-?\d+$/.test(digits) ? BigInt(digits) : Number(digits);
  }
  if (Array.isArray(value)) return value.map(unmark);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unmark(member)]));
}

/** Narrows to a JSON object. */
export function isRecord(value: unknown): value is { [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
