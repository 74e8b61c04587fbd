import { XMLParser } from 'fast-xml-parser';
import { isPoisoned, MAX_DEPTH, type RequestFields, unreadable } from './requestFields.ts';

/*
 * XML of a scene: one root element, a field per child; a child with children is an object, a repeated one a
 * list. Attributes carry nothing in Qimen and are not read. The parser gives a tree of nodes in order, so that no
 * name of the document ever becomes a key of a shared object; entities are decoded here, once, and only those that
 * XML itself defines.
 */

/** Every `<!` but comments and CDATA: document types and declarations, in any case and place. */
const DECLARATION = /<!(?!--|\[CDATA\[)/;
const REFERENCE = /&([^;&\s]{0,10});?/g;
const NAMED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);
/** More markup than this costs a parser more than any real body is worth. */
const MAX_TAGS = 20_000;

const TEXT = '#text';
const CDATA = '#cdata';

class XmlFault extends Error {}

/** The character that a reference stands for; XML 1.0 knows no others. */
function character(reference: string): string {
  const name = reference.slice(1, -1);
  const named = NAMED.get(name);
  if (named !== undefined && reference.endsWith(';')) return named;
  const [, decimal, hex] = /^#(?:(\d{1,7})|x([\dA-Fa-f]{1,6}))$/.exec(name) ?? [];
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  const isAllowed =
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff) ||
    code === 9 ||
    code === 10 ||
    code === 13;
  if (!reference.endsWith(';') || !isAllowed) throw new XmlFault('an entity that XML does not define');
  return String.fromCodePoint(code);
}

function decoded(text: string): string {
  return text.includes('&') ? text.replace(REFERENCE, character) : text;
}

type Node = { readonly name: string; readonly content: unknown };

/** The nodes of an ordered tree: each is an object with one member, its name. */
function nodesOf(content: unknown): Node[] {
  if (!Array.isArray(content)) return [];
  return content.flatMap((node: unknown) => {
    const entry = Object.entries(Object(node)).find(([name]) => name !== ':@');
    return entry === undefined ? [] : [{ name: entry[0], content: entry[1] }];
  });
}

function isElement({ name }: Node): boolean {
  return name !== TEXT && name !== CDATA && !name.startsWith('?');
}

function textOf(nodes: readonly Node[]): string {
  return nodes
    .map(({ name, content }) => {
      if (name === TEXT) return decoded(String(content));
      return name === CDATA
        ? nodesOf(content)
            .map((node) => String(node.content))
            .join('')
        : '';
    })
    .join('');
}

function membersOf(elements: readonly Node[], depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new XmlFault(`nested deeper than ${MAX_DEPTH}`);
  const members = new Map<string, unknown[]>();
  for (const { name, content } of elements) {
    if (isPoisoned(name)) throw new XmlFault('a reserved name');
    const values = members.get(name) ?? [];
    if (depth === 1 && values.length > 0) throw new XmlFault('a doubled name');
    values.push(valueIn(nodesOf(content), depth + 1));
    members.set(name, values);
  }
  const single = [...members].map(([name, values]) => [name, values.length === 1 ? values[0] : values]);
  return Object.fromEntries(single);
}

function valueIn(nodes: readonly Node[], depth: number): unknown {
  const elements = nodes.filter(isElement);
  const text = textOf(nodes);
  if (elements.length === 0) return text;
  if (text.trim() !== '') throw new XmlFault('text between elements');
  return membersOf(elements, depth);
}

const parser = new XMLParser({
  preserveOrder: true,
  textNodeName: TEXT,
  cdataPropName: CDATA,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  maxNestedTags: MAX_DEPTH + 1,
  // Renaming would hide it from the check above.
  onDangerousProperty: (name: string) => name,
});

function faultBeforeParsing(text: string): string | undefined {
  if (DECLARATION.test(text)) return 'a document type or declaration';
  const [, encoding = 'utf-8'] =
    /^\s*<\?xml\s[^>]{0,100}?encoding\s*=\s*["']([\w.-]{1,30})["']/.exec(text) ?? [];
  if (!/^utf-?8$/i.test(encoding)) return 'an encoding other than UTF-8';
  let tags = 0;
  for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', at + 1)) tags += 1;
  return tags > MAX_TAGS ? 'too many elements' : undefined;
}

/** The children of the root element as fields. Never throws; document types and entities are never parsed. */
export function readXmlFields(bodyText: string): RequestFields {
  const text = bodyText.replace(/^\uFEFF/, '');
  const fault = faultBeforeParsing(text);
  if (fault !== undefined) return unreadable(fault);
  try {
    const parsed: unknown = parser.parse(text, true);
    const [root, ...others] = nodesOf(parsed).filter(isElement);
    if (root === undefined || others.length > 0) return unreadable('not one XML element');
    const children = nodesOf(root.content);
    if (textOf(children).trim() !== '') return unreadable('text between elements');
    return { ok: true, fields: membersOf(children.filter(isElement), 1) };
  } catch (thrown) {
    // The parser's own message quotes the document.
    return unreadable(thrown instanceof XmlFault ? thrown.message : 'not XML');
  }
}
