import fc from 'fast-check';
import { queueMessageSchema } from '../../lib/domain/queueMessage.ts';
import { createLocalKeys } from '../../lib/privacy/localKeys.ts';
import { ACCEPTED_METHODS } from '../../lib/webhook/acceptedMethods.ts';
import { readJsonFields } from '../../lib/webhook/readJsonFields.ts';
import { readXmlFields } from '../../lib/webhook/readXmlFields.ts';
import { createQimenReceiver, type QimenRequest } from '../../lib/webhook/receiveQimenCall.ts';
import { readPairs } from '../../lib/webhook/signedParameters.ts';
import { type QimenCall, verifyQimenSignature } from '../../lib/webhook/verifyQimenSignature.ts';
import { fakeKeyTable } from '../privacy/fakeKeyTable.ts';
import { NOW, QUERY, SECRET, signedCall } from '../webhook/signedCall.ts';
import { FORM_TEXTS, JSON_TEXTS, ODD_TEXTS, XML_TEXTS } from './corpus.ts';
import { mutated, mutatedBytes } from './mutations.ts';
import { assertPlain, assertUnpolluted, sizeOf } from './purity.ts';

const LEAD = {
  name: '测试甲',
  mobile: '13900000001',
  addr: '测试路1号',
  attr: '{"store_id":"S1","store_code":"C1"}',
};
const xml = `<request>${Object.entries(LEAD)
  .map(([name, value]) => `<${name}>${value}</${name}>`)
  .join('')}</request>`;

export const jsonText = mutated(fc.oneof(fc.constantFrom(JSON.stringify(LEAD), ...JSON_TEXTS), fc.json()));
const xmlText = mutated(fc.constantFrom(xml, xml, ...XML_TEXTS));
const formText = mutated(fc.constantFrom(new URLSearchParams(LEAD).toString(), ...FORM_TEXTS));
const anyBody = fc.oneof(jsonText, xmlText, formText, fc.constantFrom(...ODD_TEXTS));

const wellFormed = (values: readonly string[]) =>
  values.filter((text) => text.isWellFormed() && text !== 'sign');
const signedForm = fc.dictionary(
  fc.constantFrom(...Object.keys(LEAD), ...wellFormed(ODD_TEXTS)),
  fc.oneof(
    fc.constantFrom(...wellFormed(ODD_TEXTS), ...Object.values(LEAD)),
    fc.string({ unit: 'grapheme' }),
  ),
  { noNullPrototype: true, maxKeys: 12 },
);

const signed: readonly QimenCall[] = [
  signedCall({ body: JSON.stringify(LEAD) }),
  signedCall({ body: xml, contentType: 'application/xml' }),
  signedCall({ form: LEAD }),
  signedCall({ body: JSON.stringify(LEAD), signedHeaders: { 'X-Trace': 'abc', 'x-b': '' } }),
];

/** All that the signature covers; two calls with the same text say the same. */
function signedText(call: QimenCall): string | undefined {
  const result = verifyQimenSignature(call);
  if (!result.ok) return undefined;
  const pairs = [...result.params].filter(([name]) => name !== 'sign');
  const text = [...pairs, ...(result.form ?? [])].map((pair) => pair.join('')).sort();
  return text.join('') + (result.form === undefined ? result.bodyText : '');
}
const honest = new Set(signed.map(signedText));
if (honest.has(undefined)) throw new Error('an honest call is refused');

const contentType = fc.constantFrom(
  'application/json',
  'text/xml',
  'text/plain',
  'application/x-www-form-urlencoded',
  'application/json; charset=gbk',
  'multipart/form-data',
  '',
);

/** One of the honest calls with one part changed, or put together from parts of several. */
const forged: fc.Arbitrary<QimenCall> = fc
  .record({
    query: fc.constantFrom(...signed),
    rest: fc.constantFrom(...signed),
    rawQuery: fc.option(mutated(fc.constantFrom(...signed.map(({ rawQuery }) => rawQuery), ...FORM_TEXTS)), {
      nil: undefined,
    }),
    body: fc.option(mutatedBytes(anyBody), { nil: undefined }),
    contentType: fc.option(fc.oneof(contentType, fc.constantFrom(...ODD_TEXTS)), { nil: undefined }),
    headers: fc.option(
      fc.dictionary(
        fc.constantFrom('top-sign-list', 'x-trace', 'sign'),
        mutated(fc.constantFrom('X-Trace', 'x-b', 'abc', '')),
        { noNullPrototype: true },
      ),
      { nil: undefined },
    ),
  })
  .map((parts) => ({
    ...parts.rest,
    rawQuery: parts.rawQuery ?? parts.query.rawQuery,
    body: parts.body ?? parts.rest.body,
    contentType: parts.contentType ?? parts.rest.contentType,
    headers: parts.headers ?? parts.rest.headers,
  }));

const outcomes = { accepted: 0 };
const receiver = createQimenReceiver({
  secrets: [SECRET],
  shops: [{ sellerNick: '测试旗舰店' }],
  methods: ACCEPTED_METHODS,
  answers: {},
  keys: createLocalKeys({ masterKey: new Uint8Array(32).fill(9), table: fakeKeyTable() }),
  send: async (messages) => {
    outcomes.accepted += 1;
    for (const message of messages) {
      const sent = JSON.stringify(queueMessageSchema.parse(JSON.parse(JSON.stringify(message))));
      if (sent.includes('13900000001')) throw new Error('a phone in clear');
    }
  },
  clock: { now: () => NOW },
  log: { info: () => {}, warn: () => {}, error: () => {} },
});

function requestOf({ rawQuery, headers, body, contentType: type }: QimenCall): QimenRequest {
  const typed = type === undefined ? headers : { ...headers, 'content-type': type };
  return { rawQuery, headers: typed, body, tooLarge: false };
}

async function assertAnswered(call: QimenCall, isForged: boolean): Promise<void> {
  const before = outcomes.accepted;
  const answer = await receiver(requestOf(call));
  if (answer.status !== 200) throw new Error(`status ${answer.status}`);
  if (answer.contentType.startsWith('application/json')) JSON.parse(answer.body);
  else if (!readXmlFields(answer.body).ok) throw new Error('an answer that is not XML');
  if (isForged && outcomes.accepted > before) throw new Error('accepted');
  assertUnpolluted();
}

/** What each target holds for every input; see `test/fuzz/targets.ts`. */
export const WEBHOOK_TARGETS = {
  'verifier: no forged call passes': () =>
    fc.property(forged, (call) => {
      const text = signedText(call);
      if (text !== undefined && !honest.has(text)) throw new Error('accepted');
      assertUnpolluted();
    }),
  'receiver: a forged call is answered and stores nothing': () =>
    fc.asyncProperty(forged, (call) => {
      const text = signedText(call);
      return assertAnswered(call, text === undefined);
    }),
  'receiver: a signed call with any body is answered': () =>
    fc.asyncProperty(anyBody, fc.constantFrom('application/json', 'text/xml', 'text/plain'), (body, type) =>
      assertAnswered(signedCall({ body, contentType: type }), false),
    ),
  'receiver: a signed form with any fields is answered': () =>
    fc.asyncProperty(signedForm, (form) => assertAnswered(signedCall({ form, query: QUERY }), false)),
  'JSON reader': () =>
    fc.property(jsonText, (text) => {
      const read = readJsonFields(text);
      if (!read.ok) return;
      JSON.parse(text.replace(/^\uFEFF/, ''));
      assertPlain(read.fields);
      assertUnpolluted();
    }),
  'XML reader': () =>
    fc.property(xmlText, (text) => {
      const read = readXmlFields(text);
      assertUnpolluted();
      if (!read.ok) return;
      assertPlain(read.fields);
      if (/<!(doctype|entity|element)/i.test(text)) throw new Error('a document type was read');
      if (sizeOf(read.fields) > text.length) throw new Error('more than the document holds');
    }),
  'form reader': () =>
    fc.property(mutatedBytes(formText), (bytes) => {
      const read = readPairs(bytes);
      assertUnpolluted();
      if (typeof read === 'string') return;
      const size = [...read.values()].reduce((sum, { name, value }) => sum + name.length + value.length, 0);
      if (size > bytes.length) throw new Error('more than the form holds');
    }),
} as const;
