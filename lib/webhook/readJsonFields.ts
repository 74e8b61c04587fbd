import { parseLossless } from '../top/losslessJson.ts';
import { isPoisoned, MAX_DEPTH, type RequestFields, unreadable } from './requestFields.ts';

/** The scanned document nests too deep, or names a member twice, or names one that no honest sender has. */
function faultInKeys(text: string): string | undefined {
  /** Keys seen of every open object; `undefined` for an array. */
  const open: (Set<string> | undefined)[] = [];
  let expectsKey = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === 34) {
      const start = index;
      for (index += 1; index < text.length && text.charCodeAt(index) !== 34; index += 1) {
        if (text.charCodeAt(index) === 92) index += 1;
      }
      if (!expectsKey) continue;
      expectsKey = false;
      const key = String(JSON.parse(text.slice(start, index + 1)));
      if (isPoisoned(key)) return 'a reserved name';
      if (open.at(-1)?.has(key) === true) return 'a doubled name';
      open.at(-1)?.add(key);
    } else if (code === 123 || code === 91) {
      expectsKey = code === 123;
      open.push(expectsKey ? new Set() : undefined);
      if (open.length > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH}`;
    } else if (code === 125 || code === 93) {
      open.pop();
      expectsKey = false;
    } else if (code === 44) expectsKey = open.at(-1) !== undefined;
  }
  return undefined;
}

/** Half a character anywhere; the depth has been checked before. */
function hasLoneSurrogate(value: unknown): boolean {
  if (typeof value === 'string') return !value.isWellFormed();
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([key, member]) => !key.isWellFormed() || hasLoneSurrogate(member));
}

/** The members of a JSON body; ids keep all their digits. Never throws. */
export function readJsonFields(bodyText: string): RequestFields {
  // The byte order mark was signed, but is no part of the document.
  const text = bodyText.replace(/^\uFEFF/, '');
  let parsed: unknown;
  try {
    parsed = parseLossless(text);
  } catch {
    return unreadable('not JSON');
  }
  const fault = faultInKeys(text);
  if (fault !== undefined) return unreadable(fault);
  if (hasLoneSurrogate(parsed)) return unreadable('text with a lone surrogate');
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return unreadable('not a JSON object');
  }
  return { ok: true, fields: Object.fromEntries(Object.entries(parsed)) };
}
