import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { configSchema, createReceiveWebhook, handler } from '../../functions/receiveWebhook.ts';
import { CarferryError } from '../../lib/core/errors.ts';
import type { Log } from '../../lib/core/log.ts';
import { VERSION } from '../../lib/core/version.ts';
import { type QueueMessage, queueMessageSchema } from '../../lib/domain/queueMessage.ts';
import { readEnvironment } from '../../lib/lambda/environment.ts';
import type { HttpRequest } from '../../lib/lambda/httpHandler.ts';
import { createLocalKeys } from '../../lib/privacy/localKeys.ts';
import { createReveal } from '../../lib/privacy/reveal.ts';
import { ACCEPTED_METHODS } from '../../lib/webhook/acceptedMethods.ts';
import type { QimenReceiverDeps } from '../../lib/webhook/receiveQimenCall.ts';
import { fakeKeyTable } from '../privacy/fakeKeyTable.ts';
import { NOW, QUERY, SECRET, signedCall } from '../webhook/signedCall.ts';

const LEAD = {
  name: '测试甲',
  mobile: '13900000001',
  addr: '测试省测试市测试路1号',
  brand: '测试品牌',
  line: '测试车系',
  attr: '{"store_id":"S1","store_code":"C1"}',
};
const SHOPS = [{ sellerNick: '测试旗舰店' }];

function setUp(change: Partial<QimenReceiverDeps> = {}) {
  const sent: QueueMessage[] = [];
  const logged: string[] = [];
  const write = (event: string, fields?: object) => logged.push(JSON.stringify({ event, ...fields }));
  const log: Log = { info: write, warn: write, error: write };
  const keys = createLocalKeys({ masterKey: new Uint8Array(32).fill(9), table: fakeKeyTable() });
  const receiveWebhook = createReceiveWebhook({
    secrets: [SECRET],
    shops: SHOPS,
    methods: ACCEPTED_METHODS,
    answers: {},
    keys,
    send: async (messages) => {
      sent.push(...messages);
    },
    clock: { now: () => NOW },
    log,
    ...change,
  });
  return { receiveWebhook, sent, logged, keys };
}

function post(parts: Parameters<typeof signedCall>[0] = {}): HttpRequest {
  const { rawQuery, headers, body, contentType } = signedCall({ body: JSON.stringify(LEAD), ...parts });
  const given: [string, string][] = Object.entries(headers).map(([name, value]) => [name, value ?? '']);
  return {
    method: 'POST',
    path: '/qimen',
    rawQuery,
    headers: { ...Object.fromEntries(given), 'content-type': contentType ?? '' },
    body,
    tooLarge: false,
  };
}

const get = (path: string, method = 'GET'): HttpRequest => ({
  method,
  path,
  rawQuery: '',
  headers: {},
  body: new Uint8Array(),
  tooLarge: false,
});

const failure = (msgCode: string, msgDesc: string) => JSON.stringify({ success: 'false', msgCode, msgDesc });
const ILLEGAL = failure('sign-check-failure', 'Illegal request');

describe('POST /qimen', () => {
  it('puts a signed lead into the queue, sealed, and says success in the words of the scene', async () => {
    const { receiveWebhook, sent, keys } = setUp();

    const response = await receiveWebhook(post());

    expect(response).toEqual({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: '{"success":"true","msgCode":"accepted","msgDesc":"accepted"}',
    });
    const message = queueMessageSchema.parse(sent[0]);
    if (message.kind !== 'lead') throw new Error('not a lead');
    const { lead } = message;
    expect(JSON.stringify(sent)).not.toMatch(/测试甲|13900000001|测试路/);
    expect(lead).toMatchObject({
      source: 'pushed',
      shop: '测试旗舰店',
      seriesName: '测试车系',
      storeId: 'S1',
    });
    expect(lead.leadId).toMatch(/^[0-9a-f]{64}$/);
    expect(lead.phoneIndex).toBe(lead.phoneSealed?.index);
    expect(lead.phoneSealed?.mask).toBe('139****0001');
    const reveal = await createReveal(lead, { kind: 'lead', id: lead.leadId }, keys);
    expect(lead.nameSealed && reveal(lead.nameSealed)).toBe('测试甲');
  });

  it('says success only after the queue has accepted', async () => {
    let accept = () => {};
    const { receiveWebhook } = setUp({ send: () => new Promise((resolve) => (accept = resolve)) });
    let answered = false;
    const response = receiveWebhook(post()).then((answer) => {
      answered = true;
      return answer;
    });
    await new Promise((resolve) => setImmediate(resolve));
    const early = answered;

    accept();

    expect([early, (await response).status]).toEqual([false, 200]);
  });

  it('answers 503 when the queue has not accepted, or no key can be had', async () => {
    const away = new CarferryError({ disposition: 'retry', reason: 'queue-unavailable', message: 'away' });
    const noKeys = { ...setUp().keys, keyFor: () => Promise.reject(away) };
    for (const change of [{ send: () => Promise.reject(away) }, { keys: noKeys }]) {
      const { receiveWebhook, sent } = setUp(change);

      const response = await receiveWebhook(post());

      expect(response.status).toBe(503);
      expect(response.headers['retry-after']).toBe('5');
      expect(response.body).toContain('"success":"false"');
      expect(sent).toEqual([]);
    }
  });

  it('answers 503 while there is still time when the queue does not answer at all', async () => {
    const { receiveWebhook } = setUp({ send: () => new Promise(() => {}) });
    const ending = new AbortController();
    const response = receiveWebhook(post(), ending.signal);

    ending.abort(new CarferryError({ disposition: 'retry', reason: 'deadline', message: 'near the end' }));

    expect((await response).status).toBe(503);
    expect((await receiveWebhook(post(), AbortSignal.abort())).status).toBe(503);
  });

  it('refuses for good what the queue can never take', async () => {
    const never = new CarferryError({ disposition: 'park', reason: 'message-too-large', message: 'x' });
    const { receiveWebhook } = setUp({ send: () => Promise.reject(never) });

    const response = await receiveWebhook(post());

    expect(response).toMatchObject({ status: 200, body: expect.stringContaining('message-too-large') });
  });

  it('gives the same lead the same id however often it is delivered', async () => {
    const { receiveWebhook, sent } = setUp();

    await receiveWebhook(post());
    await receiveWebhook(post({ query: { ...QUERY, timestamp: '2025-03-25 12:00:30' } }));

    const ids = sent.map((message) => (message.kind === 'lead' ? message.lead.leadId : ''));
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  const xmlOf = (fields: Readonly<Record<string, string>>) =>
    `<?xml version="1.0" encoding="utf-8"?><request>${Object.entries(fields)
      .map(([name, value]) => `<${name}>${value}</${name}>`)
      .join('')}</request>`;

  it.each(['text/xml', 'application/xml; charset=utf-8', 'text/plain'])(
    'reads the same lead from a %s body, and answers in the format that the call names',
    async (contentType) => {
      const { receiveWebhook, sent } = setUp();
      const query = { ...QUERY, format: 'xml' };

      const response = await receiveWebhook(post({ query, body: xmlOf(LEAD), contentType }));
      const refused = await receiveWebhook(
        post({ query, secret: 'another', body: xmlOf(LEAD), contentType }),
      );

      expect(response).toMatchObject({
        status: 200,
        headers: { 'content-type': 'application/xml; charset=utf-8' },
        body:
          '<?xml version="1.0" encoding="utf-8"?><response><success>true</success>' +
          '<msgCode>accepted</msgCode><msgDesc>accepted</msgDesc></response>',
      });
      expect(refused.body).toContain(
        '<success>false</success><msgCode>sign-check-failure</msgCode><msgDesc>Illegal request</msgDesc>',
      );
      expect(sent).toHaveLength(1);
      expect(sent[0]).toMatchObject({ kind: 'lead', lead: { storeId: 'S1', brandName: '测试品牌' } });
      expect(JSON.stringify(sent)).not.toMatch(/测试甲|13900000001|测试路/);
    },
  );

  it('takes a form body too', async () => {
    const { receiveWebhook, sent } = setUp();

    const response = await receiveWebhook(post({ form: LEAD }));

    expect(response.body).toContain('"success":"true"');
    expect(sent[0]).toMatchObject({ kind: 'lead', lead: { brandName: '测试品牌' } });
  });

  const changedByte = (): HttpRequest => ({
    ...post(),
    body: Buffer.from(JSON.stringify({ ...LEAD, name: 'x' })),
  });
  const refusals: [string, () => HttpRequest, string][] = [
    ['a wrong sign', () => ({ ...post(), rawQuery: post().rawQuery.replace(/sign=./, 'sign=Z') }), ILLEGAL],
    ['no sign', () => ({ ...post(), rawQuery: new URLSearchParams(QUERY).toString() }), ILLEGAL],
    ['a changed body', changedByte, ILLEGAL],
    ['an old call', () => post({ query: { ...QUERY, timestamp: '2025-03-25 11:50:00' } }), ILLEGAL],
    ['another media type', () => post({ contentType: 'image/png' }), ILLEGAL],
    ['a body above the limit', () => ({ ...post(), body: new Uint8Array(), tooLarge: true }), ILLEGAL],
    [
      'a missing field',
      () => post({ body: JSON.stringify({ ...LEAD, mobile: '' }) }),
      failure('missing-parameter', 'field mobile is required'),
    ],
    [
      'a malformed field',
      () => post({ body: JSON.stringify({ ...LEAD, name: ['测试甲'] }) }),
      failure('invalid-parameter', 'field name is malformed'),
    ],
    ['no JSON', () => post({ body: '{"name":' }), failure('unreadable-body', 'not JSON')],
    ['a JSON list', () => post({ body: '[]' }), failure('unreadable-body', 'not a JSON object')],
    [
      'JSON nested too deep',
      () => post({ body: JSON.stringify({ ...LEAD, x: JSON.parse('['.repeat(32) + ']'.repeat(32)) }) }),
      failure('unreadable-body', 'nested deeper than 32'),
    ],
    ['a bomb of brackets', () => post({ body: '['.repeat(200_000) }), failure('unreadable-body', 'not JSON')],
    [
      'a lone surrogate',
      () => post({ body: JSON.stringify({ ...LEAD, addr: '\ud83d' }) }),
      failure('unreadable-body', 'text with a lone surrogate'),
    ],
    [
      'XML with a document type',
      () =>
        post({
          query: { ...QUERY, format: 'json' },
          body: '<!DOCTYPE a [<!ENTITY b "c">]><request/>',
          contentType: 'text/xml',
        }),
      failure('unreadable-body', 'a document type or declaration'),
    ],
    [
      'a doubled name',
      () => post({ body: `{"name":"x",${JSON.stringify(LEAD).slice(1)}` }),
      failure('unreadable-body', 'a doubled name'),
    ],
    [
      'a name of prototypes',
      () => post({ body: `{"__proto__":{"polluted":"yes"},${JSON.stringify(LEAD).slice(1)}` }),
      failure('unreadable-body', 'a reserved name'),
    ],
    [
      'a name of prototypes in a form',
      () => post({ form: { ...LEAD, constructor: 'x' } }),
      failure('unreadable-body', 'a reserved name'),
    ],
    [
      'an unknown shop',
      () => post({ query: { ...QUERY, shop: '别家店' } }),
      failure('unknown-shop', 'parameter shop names no configured shop'),
    ],
    [
      'an unknown method',
      () => post({ query: { ...QUERY, method: 'qimen.unknown' } }),
      '{"flag":"failure","sub_code":"unknown-method","sub_message":"this method is not accepted here"}',
    ],
    [
      'no method and no sign',
      () => ({ ...post(), rawQuery: '' }),
      '{"flag":"failure","sub_code":"sign-check-failure","sub_message":"Illegal request"}',
    ],
  ];

  it.each(refusals)(
    'answers %s in the failure words of its scene and enqueues nothing',
    async (_what, request, body) => {
      const { receiveWebhook, sent, logged } = setUp();

      const response = await receiveWebhook(request());

      expect(response).toMatchObject({ status: 200, body });
      expect(sent).toEqual([]);
      expect(logged).toHaveLength(1);
      expect(logged.join()).not.toMatch(/测试甲|13900000001|calleesecret|qimen\.unknown/);
    },
  );

  it('accepts JSON nested as deep as allowed', async () => {
    const { receiveWebhook, sent } = setUp();
    const deep = JSON.parse('['.repeat(31) + ']'.repeat(31));

    await receiveWebhook(post({ body: JSON.stringify({ ...LEAD, deep }) }));

    expect(sent).toHaveLength(1);
  });

  it('routes by the shop parameter, and never guesses between several shops', async () => {
    const shops = [...SHOPS, { sellerNick: '第二家店' }];
    const { receiveWebhook, sent } = setUp({ shops });

    const named = await receiveWebhook(post({ query: { ...QUERY, shop: '第二家店' } }));
    const unnamed = await receiveWebhook(post());

    expect(named.body).toContain('"success":"true"');
    expect(unnamed.body).toContain('unknown-shop');
    expect(sent.map((message) => message.shop)).toEqual(['第二家店']);
  });

  it('enqueues at most the same lead for any changed byte of the query', async () => {
    const { receiveWebhook, sent } = setUp();
    const request = post({ query: { ...QUERY, shop: '测试旗舰店' } });
    await receiveWebhook(request);
    const { rawQuery } = request;

    for (let at = 0; at < rawQuery.length; at += 1) {
      for (const mark of ['=', '&', '%', '+', '0']) {
        const changed = rawQuery.slice(0, at) + mark + rawQuery.slice(at + 1);
        await receiveWebhook({ ...request, rawQuery: changed });
      }
    }

    const ids = new Set(sent.map((message) => (message.kind === 'lead' ? message.lead.leadId : '')));
    expect(ids.size).toBe(1);
  });

  it('answers in configured words', async () => {
    const answers = {
      'qimen.tmall.car.leads.synchronize': { success: { ok: true, code: 0, why: '{message}' } },
      '*': { failure: { errcode: '{code}', errmsg: '{message}' } },
      'an.xml.scene': { format: 'xml' as const, failure: { success: false, errorMsg: '{message} <&>' } },
    };
    const { receiveWebhook } = setUp({ answers });

    const success = await receiveWebhook(post());
    const documented = await receiveWebhook(post({ contentType: 'image/png' }));
    const other = await receiveWebhook({ ...post(), rawQuery: 'method=toString' });

    expect(success.body).toBe('{"ok":true,"code":0,"why":"accepted"}');
    expect(documented.body).toBe(ILLEGAL);
    expect(other.body).toBe('{"errcode":"sign-check-failure","errmsg":"Illegal request"}');
    const xml = await receiveWebhook({ ...post(), rawQuery: 'method=an.xml.scene' });
    expect(xml.body).toMatch(
      /<response><success>false<\/success><errorMsg>Illegal request &lt;&amp;&gt;<\/errorMsg><\/response>$/,
    );
  });

  it('logs the lead by its id, without personal data', async () => {
    const { receiveWebhook, logged } = setUp();

    await receiveWebhook(post());

    expect(logged).toHaveLength(1);
    expect(logged[0]).toMatch(/"event":"webhook-accepted".*"leadId":"[0-9a-f]{64}"/);
    expect(logged[0]).not.toMatch(/测试甲|13900000001|测试路/);
  });
});

describe('the other routes', () => {
  it('answers GET /health with liveness and version, and nothing else', async () => {
    const response = await setUp().receiveWebhook(get('/health'));

    expect(response.status).toBe(200);
    expect(JSON.parse(response.body)).toEqual({ status: 'ok', version: VERSION });
  });

  it('knows the version of package.json', () => {
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');

    expect(z.object({ version: z.string() }).parse(JSON.parse(text)).version).toBe(VERSION);
  });

  it.each([
    ['GET', '/', 404, undefined],
    ['POST', '/qimen/', 404, undefined],
    ['GET', '/__proto__', 404, undefined],
    ['GET', '/constructor', 404, undefined],
    ['GET', '/qimen', 405, 'POST'],
    ['POST', '/health', 405, 'GET'],
    ['constructor', '/qimen', 405, 'POST'],
  ])('answers %s %s with %i', async (method, path, status, allow) => {
    const response = await setUp().receiveWebhook(get(path, method));

    expect(response.status).toBe(status);
    expect(response.headers['allow']).toBe(allow);
  });
});

describe('the configuration', () => {
  const environment = {
    CARFERRY_SHOPS: '[{"sellerNick":"测试旗舰店","session":"s"}]',
    CARFERRY_DATA_KEY: Buffer.alloc(32, 1).toString('base64'),
    CARFERRY_QIMEN_SECRET: 'calleesecret',
    KEYS_TABLE: 'keys',
    LEADS_QUEUE_URL: 'http://127.0.0.1:1/leads',
  };

  it('takes one secret, or the new and the old one', () => {
    const both = { ...environment, CARFERRY_QIMEN_SECRET: 'newsecret, oldsecret' };

    expect(readEnvironment(configSchema, environment).CARFERRY_QIMEN_SECRET).toEqual(['calleesecret']);
    expect(readEnvironment(configSchema, both).CARFERRY_QIMEN_SECRET).toEqual(['newsecret', 'oldsecret']);
  });

  it.each([
    ['CARFERRY_QIMEN_SECRET', ''],
    ['CARFERRY_QIMEN_SECRET', 'short'],
    ['CARFERRY_QIMEN_SECRET', 'calleesecret,'],
    ['CARFERRY_QIMEN_SECRET', 'secret1,secret2,secret3'],
    ['QIMEN_ANSWERS', 'no json'],
    ['QIMEN_ANSWERS', '{"*":{"other":{}}}'],
    ['QIMEN_ANSWERS', '{"*":{"failure":{"a b":"x"}}}'],
    ['CARFERRY_DATA_KEY', 'AAAA'],
    ['KEYS_TABLE', ''],
  ])('names %s when it is "%s"', (variable, value) => {
    const read = () => readEnvironment(configSchema, { ...environment, [variable]: value });

    expect(read).toThrow(expect.objectContaining({ field: expect.stringContaining(variable) }));
  });
});

describe('the handler', () => {
  afterEach(() => vi.unstubAllEnvs());

  /** An event of payload format 2.0, as API Gateway and the local run deliver it. */
  function eventOf(method: string, path: string, body = '', contentType = 'application/json') {
    return {
      version: '2.0',
      routeKey: `${method} ${path}`,
      rawPath: path,
      rawQueryString: 'method=qimen.tmall.car.leads.synchronize&sign=0',
      headers: { 'Content-Type': contentType },
      requestContext: {
        accountId: '1',
        apiId: 'api',
        domainName: 'localhost',
        domainPrefix: 'api',
        http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
        requestId: 'r',
        routeKey: `${method} ${path}`,
        stage: '$default',
        time: '25/Mar/2025:12:00:00 +0800',
        timeEpoch: NOW,
      },
      body,
      isBase64Encoded: false,
    };
  }

  const context = {
    awsRequestId: 'r',
    functionName: 'receiveWebhook',
    functionVersion: '1',
    invokedFunctionArn: 'arn',
    memoryLimitInMB: '512',
    logGroupName: 'g',
    logStreamName: 's',
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => 10_000,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };

  it('answers a constant 500 without configuration, and works once it is there', async () => {
    vi.stubEnv('LOG_LEVEL', 'SILENT');
    for (const name of Object.keys(configSchema.unwrap().shape))
      if (name !== 'LOG_LEVEL') vi.stubEnv(name, '');
    const broken = await handler(eventOf('GET', '/health'), context);
    vi.stubEnv('CARFERRY_SHOPS', '[{"sellerNick":"测试旗舰店","session":"s"}]');
    vi.stubEnv('CARFERRY_DATA_KEY', Buffer.alloc(32, 1).toString('base64'));
    vi.stubEnv('CARFERRY_QIMEN_SECRET', SECRET);
    vi.stubEnv('KEYS_TABLE', 'keys');
    vi.stubEnv('LEADS_QUEUE_URL', 'http://127.0.0.1:1/leads');
    vi.stubEnv('AWS_REGION', 'local');

    const health = await handler(eventOf('GET', '/health'), context);
    const unsigned = await handler(eventOf('POST', '/qimen', JSON.stringify(LEAD)), context);
    const large = await handler(eventOf('POST', '/qimen', 'x'.repeat(256 * 1024 + 1)), context);

    expect(broken).toMatchObject({ statusCode: 500, body: '{"error":"internal"}' });
    expect(health).toMatchObject({
      statusCode: 200,
      body: JSON.stringify({ status: 'ok', version: VERSION }),
    });
    expect(unsigned).toMatchObject({ statusCode: 200, body: ILLEGAL });
    expect(large).toMatchObject({ statusCode: 200, body: ILLEGAL });
  });
});
