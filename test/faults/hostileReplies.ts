import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import {
  type ChaosAct,
  chunk,
  drip,
  flood,
  raw,
  rawThenEnd,
  rawThenReset,
  reply,
  replyBytes,
} from '../support/chaosServer.ts';
import type { HostileApi } from './hostileBench.ts';

/** Stands in every hostile body: it must never stand in an error. */
const CANARY = '测试甲13900000001';
export const CHUNKED =
  'HTTP/1.1 200 X\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';
const none = new Uint8Array();

/** A way to answer; the reasons are those that an error may then give. */
export type HostileReply = readonly [
  name: string,
  act: (api: HostileApi) => ChaosAct,
  reasons: readonly string[],
];

const gzipped = (body: string, coding: string, times: number): ChaosAct => {
  let bytes = Buffer.from(body);
  for (let time = 0; time < times; time += 1) bytes = gzipSync(bytes);
  return reply(bytes, { 'content-encoding': coding });
};

/** A member of zeros, a thousandth of their size; gzip says that members may follow each other. */
const member = gzipSync(Buffer.alloc(8 * 1024 * 1024, 0x20));
const bomb = Buffer.concat(Array.from({ length: 64 }, () => member));

/** Ways to answer that are over at once. */
export const WRONG_REPLIES: readonly HostileReply[] = [
  ['closes without a word', () => rawThenEnd(''), ['connection-reset']],
  ['resets without a word', () => rawThenReset(none), ['connection-reset']],
  ['speaks another protocol', () => rawThenEnd('SSH-2.0-x\r\n\r\n'), ['malformed-http']],
  [
    'answers with a half status line',
    () => rawThenEnd('HTTP/1.1 20'),
    ['connection-reset', 'malformed-http'],
  ],
  [
    'switches protocols unasked',
    () => raw('HTTP/1.1 101 X\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    ['connection-reset', 'transport-failure', 'malformed-http'],
  ],
  [
    'states a longer body than it sends',
    ({ body }) => rawThenEnd(replyBytes(body, { 'content-length': String(Buffer.byteLength(body) + 10) })),
    ['truncated-reply'],
  ],
  [
    'states a shorter body than it sends',
    ({ body }) => rawThenEnd(replyBytes(body, { 'content-length': String(Buffer.byteLength(body) - 10) })),
    ['truncated-reply', 'malformed-http'],
  ],
  [
    'states a length below zero',
    ({ body }) => rawThenEnd(replyBytes(body, { 'content-length': '-1' })),
    ['malformed-http'],
  ],
  [
    'states two lengths',
    ({ body }) => rawThenEnd(replyBytes(body, { 'content-length': [String(Buffer.byteLength(body)), '5'] })),
    ['malformed-http', 'truncated-reply'],
  ],
  [
    'states a length and chunks',
    ({ body }) => rawThenEnd(replyBytes(body, { 'transfer-encoding': 'chunked' })),
    ['malformed-http', 'truncated-reply'],
  ],
  [
    'states a length beyond every limit',
    ({ body }) => rawThenEnd(replyBytes(body, { 'content-length': '99999999999' })),
    ['reply-too-large', 'truncated-reply'],
  ],
  [
    'states a length of twenty digits',
    ({ body }) => rawThenEnd(replyBytes(body, { 'content-length': '99999999999999999999' })),
    ['malformed-http', 'reply-too-large', 'truncated-reply'],
  ],
  [
    'breaks off between chunks',
    ({ body }) => rawThenEnd(Buffer.concat([Buffer.from(CHUNKED), chunk(Buffer.from(body))])),
    ['truncated-reply', 'connection-reset'],
  ],
  [
    'breaks off in a chunk',
    ({ body }) => rawThenEnd(`${CHUNKED}ffff\r\n${body}`),
    ['truncated-reply', 'connection-reset'],
  ],
  [
    'counts a chunk in words',
    ({ body }) => rawThenEnd(`${CHUNKED}lots\r\n${body}\r\n0\r\n\r\n`),
    ['malformed-http', 'truncated-reply'],
  ],
  ['chunks without end', () => flood(CHUNKED, chunk(Buffer.alloc(65_536, 0x20))), ['reply-too-large']],
  [
    'writes headers without end',
    () => flood('HTTP/1.1 200 X\r\n', Buffer.from(`x-padding: ${'x'.repeat(1000)}\r\n`)),
    ['malformed-http'],
  ],
  [
    'writes a body without end and without a length',
    () => flood('HTTP/1.1 200 X\r\ncontent-type: application/json\r\n\r\n', Buffer.alloc(65_536, 0x20)),
    ['reply-too-large'],
  ],
  [
    'writes an error page without end',
    () => flood('HTTP/1.1 500 X\r\n\r\n', Buffer.alloc(65_536, 0x20)),
    ['server-error'],
  ],
  ['sends a gzip bomb', () => reply(bomb, { 'content-encoding': 'gzip' }), ['reply-too-large']],
  [
    'sends a gzip bomb within gzips',
    () => gzipped(' '.repeat(1 << 24), 'gzip, gzip, gzip, gzip, gzip, gzip', 6),
    ['unknown-coding'],
  ],
  ['sends six gzips under one name', ({ body }) => gzipped(body, 'gzip', 6), ['unreadable-reply']],
  [
    'names six codings for plain text',
    ({ body }) => reply(body, { 'content-encoding': 'gzip,gzip,gzip,gzip,gzip,gzip' }),
    ['unknown-coding'],
  ],
  [
    'sends half a gzip',
    ({ body }) => reply(gzipSync(body).subarray(0, -12), { 'content-encoding': 'gzip' }),
    ['truncated-reply'],
  ],
  [
    'sends a gzip whose sum is wrong',
    ({ body }) => reply(spoiled(gzipSync(body), -6), { 'content-encoding': 'gzip' }),
    ['unreadable-reply'],
  ],
  ['calls plain text gzip', ({ body }) => reply(body, { 'content-encoding': 'gzip' }), ['unreadable-reply']],
  [
    'sends brotli',
    ({ body }) => reply(brotliCompressSync(body), { 'content-encoding': 'br' }),
    ['unknown-coding'],
  ],
  [
    'sends deflate',
    ({ body }) => reply(deflateSync(body), { 'content-encoding': 'deflate' }),
    ['unknown-coding'],
  ],
  [
    'sends a page',
    () => reply(`<!DOCTYPE html><html>${CANARY}</html>`, { 'content-type': 'text/html' }),
    ['html-reply'],
  ],
  ['sends a page as JSON', () => reply(`\n<html>${CANARY}</html>`), ['html-reply']],
  [
    'sends XML',
    () =>
      reply(`<?xml version="1.0"?><error_response>${CANARY}</error_response>`, {
        'content-type': 'text/xml',
      }),
    ['wrong-content-type', 'html-reply'],
  ],
  ['sends nothing', () => reply(''), ['empty-reply']],
  ['sends blanks', () => reply(' \r\n\t '), ['empty-reply']],
  ['sends a byte order mark and nothing', () => reply('\ufeff'), ['empty-reply']],
  ['sends null', () => reply('null'), ['unreadable-reply']],
  ['sends a number', () => reply('0'), ['unreadable-reply']],
  ['sends an empty object', () => reply('{}'), ['unreadable-reply']],
  ['sends an empty list', () => reply('[]'), ['unreadable-reply']],
  ['sends a stranger’s object', () => reply(`{"status":"ok","data_of":"${CANARY}"}`), ['unreadable-reply']],
  ['sends nothing but a request id', () => reply('{"request_id":"abc"}'), ['unreadable-reply']],
  ['sends a response of nothing', () => reply('{"response":{}}'), ['unreadable-reply']],
  ['calls back', ({ body }) => reply(`callback(${body})`), ['unreadable-reply']],
  ['sends two documents', ({ body }) => reply(body + body), ['unreadable-reply']],
  ['nests lists too deep', () => reply('['.repeat(100_000)), ['unreadable-reply', 'truncated-reply']],
  [
    'nests lists too deep and closes them',
    () => reply(`{"result":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    ['unreadable-reply'],
  ],
  [
    'nests objects too deep',
    () => reply(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`),
    ['unreadable-reply'],
  ],
  ['writes UTF-16', ({ body }) => reply(Buffer.from(`\ufeff${body}`, 'utf16le')), ['unreadable-reply']],
  [
    'writes UTF-16 without a mark',
    ({ body }) => reply(Buffer.from(body, 'utf16le')),
    ['unreadable-reply', 'truncated-reply'],
  ],
  ['writes bytes of no charset', () => reply(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), ['unreadable-reply']],
  [
    'names a charset that is none',
    ({ body }) => reply(body, { 'content-type': 'application/json;charset=nonsense' }),
    ['wrong-content-type'],
  ],
  ['sends a picture', ({ body }) => reply(body, { 'content-type': 'image/png' }), ['wrong-content-type']],
  [
    'answers 200 with an unknown error',
    () => reply(`{"error_response":{"code":999999,"msg":"${CANARY}"}}`),
    ['unknown-platform-error'],
  ],
  ['answers 204', () => raw('HTTP/1.1 204 X\r\n\r\n'), ['unexpected-status']],
  ['answers 304', () => raw('HTTP/1.1 304 X\r\n\r\n'), ['redirect']],
  ['answers 403 with a page', () => reply(`<html>${CANARY}</html>`, {}, 403), ['unexpected-status']],
  ['answers 400 with a true reply', ({ body }) => reply(body, {}, 400), ['unexpected-status']],
  ['answers 503 and a wait in seconds', () => reply('', { 'retry-after': '5' }, 503), ['server-error']],
  [
    'answers 503 and a wait of thirty years',
    () => reply('', { 'retry-after': '1000000000' }, 503),
    ['server-error'],
  ],
];

/** A byte changed, counted from the end. */
function spoiled(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  const index = copy.length + at;
  copy[index] = (copy[index] ?? 0) ^ 0xff;
  return copy;
}

/** Ways to answer that never end; the exchange must. */
export const ENDLESS_REPLIES: readonly HostileReply[] = [
  ['accepts and says nothing', () => () => {}, ['total-timeout']],
  [
    'drips its headers',
    () => drip(none, Buffer.from(`HTTP/1.1 200 X\r\nx: ${'x'.repeat(10_000)}`), 5),
    ['total-timeout'],
  ],
  [
    'drips its body',
    ({ body }) => drip(replyBytes('', { 'content-length': '100000' }), Buffer.from(body.padEnd(90_000)), 5),
    ['total-timeout'],
  ],
  [
    'drips chunks',
    () => drip(Buffer.from(CHUNKED), Buffer.from('1\r\n \r\n'.repeat(10_000)), 5),
    ['total-timeout'],
  ],
  ['stops in the middle of its body', ({ body }) => raw(replyBytes(body).subarray(0, -5)), ['total-timeout']],
  [
    'sends hints without end',
    () => (socket) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 103 X\r\nlink: x\r\n\r\n'), 5);
      socket.on('close', () => clearInterval(timer));
    },
    ['total-timeout'],
  ],
  [
    'never ends an error page',
    () => drip(Buffer.from('HTTP/1.1 503 X\r\n\r\n'), Buffer.alloc(100_000, 0x20), 5),
    ['total-timeout', 'server-error'],
  ],
];
