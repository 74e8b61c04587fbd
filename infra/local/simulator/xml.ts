import { isNodeArray, type Node, TaggedList } from './json.ts';

/** A document as minimal XML: the gateway's default format, kept only so that a forgotten `format` shows. */
export function writeXml(name: string, node: Node): string {
  return `<${name}>${content(node)}</${name}>`;
}

function content(node: Node): string {
  if (node instanceof TaggedList) return node.rows.map((row) => writeXml(node.tag, row)).join('');
  if (node === null) return '';
  if (typeof node !== 'object') return escapeText(String(node));
  if (isNodeArray(node)) return node.map((element) => writeXml('item', element)).join('');
  return Object.entries(node)
    .map(([name, value]) => (value === undefined ? '' : writeXml(name, value)))
    .join('');
}

function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
