import { readFileSync } from 'node:fs';
import * as z from 'zod';

/*
 * Inputs that break readers, made for this project in the spirit of public suites: documents on the edge of JSON, XML
 * and forms, and texts that programs stumble over. Everything personal in them is invented.
 */

const texts = z.array(z.string());
const corpus = z
  .object({ json: texts, xml: texts, form: texts, odd: texts, tokens: texts })
  .parse(JSON.parse(readFileSync(new URL('corpus.json', import.meta.url), 'utf8')));

const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);

/** Documents that are JSON, nearly JSON, or nothing like it. */
export const JSON_TEXTS: readonly string[] = [
  ...corpus.json,
  nested('[', ']', 33),
  nested('[', ']', 200),
  '['.repeat(5000),
  `{"a":${'{"a":'.repeat(40)}1${'}'.repeat(41)}`,
];

/** Documents that are XML, nearly XML, or an attack on its readers. */
export const XML_TEXTS: readonly string[] = [
  ...corpus.xml,
  nested('<a>', '</a>', 31),
  nested('<a>', '</a>', 34),
  '<a>'.repeat(3000),
  `<r>${'<a/>'.repeat(2000)}</r>`,
  `<r ${'a '.repeat(500)}/>`,
];

/** Query strings and forms on the edge. */
export const FORM_TEXTS: readonly string[] = [...corpus.form, 'x=1&'.repeat(120)];

/** Texts that programs stumble over; also names and values. */
export const ODD_TEXTS: readonly string[] = [
  ...corpus.odd,
  'a'.repeat(300),
  '9'.repeat(400),
  '&'.repeat(150),
];

/** Pieces that mutations put into documents. */
export const TOKENS: readonly string[] = corpus.tokens;
