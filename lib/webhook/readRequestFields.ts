import { parseLossless } from '../top/losslessJson.ts';
import type { VerifiedCall } from './verifyQimenSignature.ts';

/** Deepest nesting of arrays and objects in a body. */
const MAX_DEPTH = 32;

export type RequestFields =
  | { readonly ok: true; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly code: 'unsupported-body' | 'unreadable-body'; readonly message: string };

function unreadable(message: string): RequestFields {
  return { ok: false, code: 'unreadable-body', message };
}

/** Why a parsed value is refused: too deep, or text with half a character in it. */
function faultIn(value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? undefined : 'text with a lone surrogate';
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return `nested deeper than ${MAX_DEPTH}`;
  for (const [key, member] of Object.entries(value)) {
    const fault = faultIn(key, depth) ?? faultIn(member, depth + 1);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function readJson(bodyText: string): RequestFields {
  let parsed: unknown;
  try {
    // The byte order mark was signed, but is no part of the document.
    parsed = parseLossless(bodyText.replace(/^\uFEFF/, ''));
  } catch {
    return unreadable('not JSON');
  }
  const fault = faultIn(parsed, 1);
  if (fault !== undefined) return unreadable(fault);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return unreadable('not a JSON object');
  }
  return { ok: true, fields: Object.fromEntries(Object.entries(parsed)) };
}

/**
 * The business fields of a verified call: JSON (also as `text/plain`) or form. XML is verified but not read:
 * no scene that carferry accepts uses it, and no XML parser is the safest one.
 */
export function readRequestFields(call: VerifiedCall): RequestFields {
  if (call.form !== undefined) return { ok: true, fields: Object.fromEntries(call.form) };
  if (call.mediaType === 'application/json' || call.mediaType === 'text/plain')
    return readJson(call.bodyText);
  return { ok: false, code: 'unsupported-body', message: `a ${call.mediaType} body is not read here` };
}
