import { isUtf8 } from 'node:buffer';
import { promisify, TextDecoder } from 'node:util';
import { gunzip } from 'node:zlib';
import { CarferryError } from '../core/errors.ts';
import type { TopErrorApi } from './topErrors.ts';
import { transportError } from './transportErrors.ts';

const inflate = promisify(gunzip);

/** Media types under which TOP and what stands before it are known to send JSON. */
const JSON_TYPES = new Set([
  '',
  'application/javascript',
  'application/json',
  'application/x-javascript',
  'text/html',
  'text/javascript',
  'text/json',
  'text/plain',
]);

type Headers = Readonly<Record<string, string | string[] | undefined>>;

function header(headers: Headers, name: string): string {
  const value = headers[name];
  return (Array.isArray(value) ? value.join(',') : (value ?? '')).trim().toLowerCase();
}

async function inflated(bytes: Buffer, coding: string, api: Pick<TopErrorApi, 'method'>, limit: number) {
  // One coding at most, and only the one that was asked for: stacked codings multiply.
  if (coding !== 'gzip' && coding !== 'x-gzip') throw transportError('unknown-coding', api);
  try {
    return await inflate(bytes, { maxOutputLength: limit });
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : '';
    if (code === 'ERR_BUFFER_TOO_LARGE') throw transportError('reply-too-large', api, { cause: thrown });
    throw transportError(code === 'Z_BUF_ERROR' ? 'truncated-reply' : 'unreadable-reply', api, {
      cause: thrown,
    });
  }
}

/** What a `content-type` says, in lower case. */
type ContentType = { readonly header: string; readonly media: string; readonly charset: string };

let lastType: ContentType = { header: '', media: '', charset: 'utf-8' };

/** A gateway says the same in every reply. */
function contentTypeOf(text: string): ContentType {
  if (text !== lastType.header) {
    const charset = /charset\s*=\s*"?([\w.:-]+)/.exec(text)?.[1] ?? 'utf-8';
    lastType = { header: text, media: (text.split(';')[0] ?? '').trim(), charset };
  }
  return lastType;
}

function decoded(body: Buffer, charset: string, api: Pick<TopErrorApi, 'method'>): string {
  if (charset === 'utf-8') {
    if (!isUtf8(body)) throw notText(api);
    const text = body.toString('utf8');
    return text.startsWith('\ufeff') ? text.slice(1) : text;
  }
  try {
    return decoderFor(charset, api).decode(body);
  } catch (thrown) {
    throw thrown instanceof CarferryError ? thrown : notText(api, thrown);
  }
}

function decoderFor(charset: string, api: Pick<TopErrorApi, 'method'>): TextDecoder {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch (cause) {
    throw transportError('wrong-content-type', api, { text: 'unknown charset', cause });
  }
}

function notText(api: Pick<TopErrorApi, 'method'>, cause?: unknown): CarferryError {
  return transportError('unreadable-reply', api, { text: 'the reply is not text of its charset', cause });
}

/**
 * The text of a reply's body: inflated, its type checked, decoded; never blank and never a page of markup.
 * `text/html` is decided by what is in it, because proxies and callees label JSON so. A promise only where there
 * is something to inflate.
 *
 * @param limit largest number of bytes after inflating.
 */
export function replyText(
  bytes: Buffer,
  headers: Headers,
  api: Pick<TopErrorApi, 'method'>,
  limit: number,
): string | Promise<string> {
  const type = contentTypeOf(header(headers, 'content-type'));
  const coding = header(headers, 'content-encoding');
  if (coding === '' || coding === 'identity') return checkedText(bytes, type, api);
  return inflated(bytes, coding, api, limit).then((body) => checkedText(body, type, api));
}

function checkedText(
  body: Buffer,
  { media, charset }: ContentType,
  api: Pick<TopErrorApi, 'method'>,
): string {
  const text = decoded(body, charset, api);
  if (text.trim() === '') throw transportError('empty-reply', api);
  if (/^\s*<(!doctype\s+html|html|head|body|script|meta)\b/i.test(text))
    throw transportError('html-reply', api);
  if (!JSON_TYPES.has(media) && !media.endsWith('+json')) throw transportError('wrong-content-type', api);
  if (/^\s*</.test(text)) {
    throw transportError(media === 'text/html' ? 'html-reply' : 'wrong-content-type', api);
  }
  return text;
}
