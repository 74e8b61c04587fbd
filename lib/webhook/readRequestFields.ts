import { readJsonFields } from './readJsonFields.ts';
import { readXmlFields } from './readXmlFields.ts';
import { isPoisoned, type RequestFields, unreadable } from './requestFields.ts';
import type { VerifiedCall } from './verifyQimenSignature.ts';

function readForm(form: ReadonlyMap<string, string>): RequestFields {
  if ([...form.keys()].some(isPoisoned)) return unreadable('a reserved name');
  return { ok: true, fields: Object.fromEntries(form) };
}

/**
 * The business fields of a verified call: a form, JSON or XML. `text/plain` is what it looks like; the gateway
 * signs it raw whatever it holds.
 */
export function readRequestFields(
  call: Pick<VerifiedCall, 'form' | 'mediaType' | 'bodyText'>,
): RequestFields {
  const { form, mediaType, bodyText } = call;
  if (form !== undefined) return readForm(form);
  const isXml = mediaType === 'text/plain' ? /^\uFEFF?\s*</.test(bodyText) : mediaType !== 'application/json';
  return isXml ? readXmlFields(bodyText) : readJsonFields(bodyText);
}
