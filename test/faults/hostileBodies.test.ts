import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TopClient } from '../../lib/top/topClient.ts';
import {
  type ChaosServer,
  rawThenEnd,
  rawThenReset,
  reply,
  replyBytes,
  startChaosServer,
} from '../support/chaosServer.ts';
import { APIS, endingOf, type HostileApi, hostileClient } from './hostileBench.ts';

let server: ChaosServer;
let client: TopClient;

beforeAll(async () => {
  server = await startChaosServer();
  client = hostileClient(server.url);
});
afterAll(async () => {
  await client.close();
  await server.close();
});

const ask = (api: HostileApi) => endingOf(api.call(client, { session: 's' }));

/** Every offset below `length` of a small reply; of a large one the first and last hundred and 100 between. */
function offsets(length: number): number[] {
  const all = Array.from({ length }, (_, at) => at);
  if (length < 900) return all;
  const step = Math.ceil(length / 100);
  return all.filter((at) => at < 100 || at >= length - 100 || at % step === 0);
}

/** The reply's head without a length: the end of the connection is the end of the body. */
const untilEnd = (body: Uint8Array, coding?: string): Buffer =>
  Buffer.concat([
    Buffer.from(`HTTP/1.1 200 X\r\n${coding === undefined ? '' : `content-encoding: ${coding}\r\n`}\r\n`),
    body,
  ]);

describe.each(APIS)('a reply of $method that is cut off', (api) => {
  const body = Buffer.from(api.body);
  const headLength = untilEnd(Buffer.alloc(0)).length;

  it('at any byte of its body is never a reply, however the connection ends', async () => {
    for (const offset of offsets(body.length)) {
      server.act(rawThenEnd(untilEnd(body.subarray(0, offset))));

      const ending = await ask(api);

      expect(ending, `cut at ${offset}`).toMatchObject({ kind: 'error', error: { disposition: 'retry' } });
      if (ending.kind !== 'error') continue;
      expect(['truncated-reply', 'empty-reply', 'unreadable-reply']).toContain(ending.error.reason);
    }
  });

  it('at any byte of its gzip is never a reply', async () => {
    const packed = gzipSync(body);
    for (const offset of offsets(packed.length)) {
      server.act(rawThenEnd(untilEnd(packed.subarray(0, offset), 'gzip')));

      expect(await ask(api), `cut at ${offset}`).toMatchObject({ error: { disposition: 'retry' } });
    }
  });

  it('by a reset, in its head or its body, is never a reply', async () => {
    const bytes = replyBytes(body);
    for (const offset of offsets(bytes.length).filter((at) => at < headLength + 40 || at % 7 === 0)) {
      server.act(rawThenReset(bytes.subarray(0, offset)));

      expect(await ask(api), `cut at ${offset}`).toMatchObject({ error: { disposition: 'retry' } });
    }
  });

  it('nowhere is the reply', async () => {
    server.act(rawThenEnd(untilEnd(body)));

    expect(await ask(api)).toMatchObject({ kind: 'reply' });
  });
});

/** The object below a TOP root, as `simplify` gives it. */
function simplified(body: string): string {
  const [inner] = Object.values(JSON.parse(body));
  return typeof inner === 'object' ? JSON.stringify({ ...inner, request_id: 'x' }) : body;
}

const pairs = APIS.flatMap((asked) =>
  APIS.filter((answered) => answered !== asked).map((answered) => [asked, answered] as const),
);

describe('the reply of another method', () => {
  it.each(pairs)('to $0.method is no answer: $1.method', async (asked, answered) => {
    for (const body of [answered.body, simplified(answered.body)]) {
      server.act(reply(body));

      const ending = await ask(asked);

      expect(ending).toMatchObject({ kind: 'error' });
      if (ending.kind === 'error') expect(['retry', 'park']).toContain(ending.error.disposition);
    }
  });
});

const odd: readonly [name: string, change: (body: string) => string][] = [
  ['a number beyond every double', (body) => body.replaceAll(/:(\d+)/g, ':1e400')],
  ['a number of a hundred thousand digits', (body) => body.replace(/:(\d+)/, `:${'9'.repeat(100_000)}`)],
  ['an exponent of a hundred thousand digits', (body) => body.replace(/:(\d+)/, `:1e${'9'.repeat(100_000)}`)],
  ['minus zero', (body) => body.replaceAll(/:(\d+)/g, ':-0')],
  ['lone surrogates', (body) => body.replaceAll(/"([^"]{2,5})"([,}])/g, '"\\ud800$1\\udc00\\ud800"$2')],
  ['lone surrogates as keys', (body) => body.replace('{', '{"\\udfff":1,')],
  ['doubled keys', (body) => body.replaceAll(/("\w+":)("[^"]*"|\d+)([,}])/g, '$1null,$1$2$3')],
  ['a prototype', (body) => body.replaceAll('{"', '{"__proto__":{"polluted":"yes"},"')],
  ['a constructor', (body) => body.replaceAll('{"', '{"constructor":{"prototype":{"polluted":"yes"}},"')],
  ['methods of objects', (body) => body.replaceAll('{"', '{"toString":1,"hasOwnProperty":2,"toJSON":3,"')],
  ['zero bytes', (body) => body.replaceAll(/"([^"]{2,5})"([,}])/g, '"\\u0000$1"$2')],
];

describe('a reply that holds', () => {
  it.each(odd)('%s is a reply or one classified error, and changes no prototype', async (_name, change) => {
    for (const api of APIS) {
      const changed = change(api.body);
      expect(changed).not.toBe(api.body);
      server.act(reply(changed));

      const ending = await ask(api);

      if (ending.kind === 'error') expect(['retry', 'park']).toContain(ending.error.disposition);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    }
  });

  it.each([
    ['a byte order mark', (body: string) => Buffer.from(`\ufeff${body}`), 'application/json'],
    [
      'UTF-16 that says so',
      (body: string) => Buffer.from(body, 'utf16le'),
      'application/json;charset=utf-16le',
    ],
    ['blanks around it', (body: string) => Buffer.from(` \r\n${body}\n\n`), 'text/html;charset=UTF-8'],
  ])('%s is the same reply', async (_name, encode, type) => {
    for (const api of APIS) {
      server.act(reply(api.body));
      const plain = await ask(api);
      server.act(reply(encode(api.body), { 'content-type': type }));

      expect(await ask(api)).toEqual(plain);
    }
  });

  it.each(['Thu, 01 Jan 1970 00:00:00 GMT', 'Fri, 31 Dec 2100 23:59:59 GMT', 'nonsense'])(
    'the time %s is the same reply',
    async (date) => {
      for (const api of APIS) {
        server.act(reply(api.body));
        const plain = await ask(api);
        server.act(reply(api.body, { date }));

        expect(await ask(api)).toEqual(plain);
      }
    },
  );
});

describe('HTTP 429', () => {
  const DAY_S = 86_400;

  it.each([
    ['a wait in seconds', () => '7200', 7201],
    ['a wait of thirty years', () => '1000000000', DAY_S + 1],
    ['a wait of more digits than a number has', () => '9'.repeat(400), DAY_S + 1],
    ['a date', (now: number) => new Date(now + 7_200_000).toUTCString(), 7201],
    ['a date in the past', () => 'Thu, 01 Jan 1970 00:00:00 GMT', undefined],
    ['a negative wait', () => '-100', undefined],
    ['nonsense', () => 'soon', undefined],
    ['nothing', () => '', undefined],
  ])('and %s bans the method for that long, at most a day, else a moment', async (_name, header, seconds) => {
    for (const api of APIS) {
      const fresh = hostileClient(server.url);
      const now = Date.now();
      server.act(reply('', { 'retry-after': header(now) }, 429));

      const ending = await endingOf(api.call(fresh, { session: 's' }));

      expect(ending).toMatchObject({ error: { disposition: 'defer', reason: 'throttled' } });
      if (ending.kind === 'error' && seconds !== undefined) {
        const until = ending.error.until ?? 0;
        // A date has whole seconds only.
        expect(until).toBeGreaterThanOrEqual(now + (seconds - 2) * 1000);
        expect(until).toBeLessThanOrEqual(Date.now() + (seconds + 1) * 1000);
        expect(server.requests).toHaveLength(1);
      }
      if (seconds === undefined) expect(server.requests.length).toBeLessThanOrEqual(4);
      await fresh.close();
    }
  });
});
