import { promisify, TextDecoder } from 'node:util';
import { gunzip } from 'node:zlib';
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

async function inflated(bytes: Buffer, headers: Headers, api: Pick<TopErrorApi, 'method'>, limit: number) {
  const coding = header(headers, 'content-encoding');
  if (coding === '' || coding === 'identity') return bytes;
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

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decoderFor(contentType: string, api: Pick<TopErrorApi, 'method'>): TextDecoder {
  const charset = /charset\s*=\s*"?([\w.:-]+)/.exec(contentType)?.[1] ?? 'utf-8';
  try {
    return charset === 'utf-8' ? utf8 : new TextDecoder(charset, { fatal: true });
  } catch (cause) {
    throw transportError('wrong-content-type', api, { text: 'unknown charset', cause });
  }
}

/**
 * The text of a reply's body: inflated, its type checked, decoded; never blank and never a page of markup.
 * `text/html` is decided by what is in it, because proxies and callees label JSON so.
 *
 * @param limit largest number of bytes after inflating.
 */
export async function replyText(
  bytes: Buffer,
  headers: Headers,
  api: Pick<TopErrorApi, 'method'>,
  limit: number,
): Promise<string> {
  const contentType = header(headers, 'content-type');
  const [media = ''] = contentType.split(';');
  const decoder = decoderFor(contentType, api);
  const body = await inflated(bytes, headers, api, limit);
  let text: string;
  try {
    text = decoder.decode(body);
  } catch (cause) {
    throw transportError('unreadable-reply', api, { text: 'the reply is not text of its charset', cause });
  }
  if (text.trim() === '') throw transportError('empty-reply', api);
  if (/^\s*<(!doctype\s+html|html|head|body|script|meta)\b/i.test(text))
    throw transportError('html-reply', api);
  if (!JSON_TYPES.has(media.trim()) && !media.trim().endsWith('+json')) {
    throw transportError('wrong-content-type', api);
  }
  if (/^\s*</.test(text)) {
    throw transportError(media.trim() === 'text/html' ? 'html-reply' : 'wrong-content-type', api);
  }
  return text;
}
