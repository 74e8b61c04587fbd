import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { CarferryError } from '../../lib/core/errors.ts';
import { defineTopApi } from '../../lib/top/defineTopApi.ts';
import { decodeEntities } from '../../lib/top/errorText.ts';
import { readReply } from '../../lib/top/readReply.ts';
import { classifyTransportError, isTransient } from '../../lib/top/transportErrors.ts';

const NOW = 1_742_880_000_000;

const shape = {
  request: z.object({}),
  response: z.looseObject({
    result: z.looseObject({ id: z.string() }).optional(),
    success: z.boolean().optional(),
    msg_code: z.string().optional(),
    data: z.object({ id: z.string() }).optional(),
  }),
  outcome: (reply: { success?: boolean | undefined; msg_code?: string | undefined }) =>
    reply.success === false
      ? { ok: false as const, code: reply.msg_code ?? 'success-false', message: '' }
      : { ok: true as const },
};
const top = defineTopApi({ method: 'tmall.car.get', gateway: 'top', session: 'none', ...shape });
const qimen = defineTopApi({ method: 'qimen.car.get', gateway: 'qimen', session: 'none', ...shape });
const tbk = defineTopApi({
  ...top,
  method: 'taobao.tbk.item.get',
  errors: {
    '4': { disposition: 'halt', reason: 'wrong-pid' },
    '719': { disposition: 'retry', reason: 'platform-unavailable' },
    '50002': { disposition: 'defer', reason: 'throttled' },
    'isp.pid-check-error': { disposition: 'halt', reason: 'wrong-pid', hint: 'check the pid' },
    ORDER_NOT_EXIST: { disposition: 'park', reason: 'no-such-order' },
  },
});

type Api = typeof top;

function failureOf(act: () => unknown): CarferryError {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof CarferryError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

const read = (body: unknown, api: Api = top) =>
  failureOf(() =>
    readReply(typeof body === 'string' ? body : JSON.stringify(body), api, {
      now: NOW,
      sent: { type: 'step,nopaid,fixed' },
    }),
  );

type Expected = Partial<
  Pick<CarferryError, 'disposition' | 'reason' | 'field' | 'scope' | 'until' | 'details' | 'hint'>
>;
type Row = [name: string, error: Record<string, unknown>, expected: Expected, api?: Api];

const later: Expected = { disposition: 'retry', reason: 'platform-unavailable' };
const halt = (reason: string): Expected => ({ disposition: 'halt', scope: 'session', reason });
const haltApp = (reason: string): Expected => ({ disposition: 'halt', scope: 'app', reason });
const park = (reason: string, field?: string): Expected => ({ disposition: 'park', reason, field });
const ban = (ms: number): Expected => ({ disposition: 'defer', reason: 'throttled', until: NOW + ms });
const limited = 'accesscontrol.limited-by-';
const seconds = (count: number) => `This ban will last for ${count} more seconds`;

const rows: Row[] = [
  ['upload failed', { code: 3, msg: 'Upload Fail' }, later],
  ['user limit', { code: 4, msg: 'User Call Limited' }, ban(2000)],
  ['session limit', { code: 5, msg: 'Session Call Limited' }, ban(2000)],
  ['partner limit', { code: 6, msg: 'Partner Call Limited' }, ban(2000)],
  ['app limit without seconds', { code: 7, msg: 'App Call Limited' }, ban(2000)],
  ['frequency', { code: 8, msg: 'App Call Exceeds Limited Frequency' }, ban(2000)],
  ['captured ban', { code: 7, sub_code: `${limited}app-api-access-count`, sub_msg: seconds(1) }, ban(2000)],
  ['ban of an API', { code: 7, sub_code: `${limited}api-access-count`, sub_msg: seconds(60) }, ban(61_000)],
  [
    'day quota',
    { code: '7', sub_code: `${limited}app-access-count`, sub_msg: seconds(31062) },
    ban(31_063_000),
  ],
  ['dynamic limit', { code: 7, sub_code: `${limited}dynamic-access-count`, sub_msg: seconds(2) }, ban(3000)],
  [
    'endless ban',
    { code: 7, sub_code: `${limited}app-access-count`, sub_msg: seconds(1e15) },
    ban(129_601_000),
  ],
  [
    'ban under another code',
    { code: 15, sub_code: `${limited}api-access-count`, sub_msg: seconds(5) },
    ban(6000),
  ],
  ['isp call limit', { code: 15, sub_code: 'isp.call-limited' }, ban(2000)],
  ['verb', { code: 9, msg: 'Http Action Not Allowed' }, halt('request-refused')],
  ['unavailable', { code: 10, msg: 'Service Currently Unavailable' }, later],
  ['permission', { code: 11, msg: 'Insufficient ISV Permissions' }, halt('permission-missing')],
  ['package', { code: 11, sub_code: 'isv.permission-api-package-limit' }, halt('permission-missing')],
  ['package empty', { code: 11, sub_code: 'isv.permission-api-package-empty' }, halt('permission-missing')],
  ['widget', { code: 11, sub_code: 'isv.permission-api-widget-only-limit' }, halt('permission-missing')],
  ['white list', { code: 11, sub_code: 'isv.permission-ip-whitelist-limit' }, halt('ip-not-allowed')],
  ['user right', { code: 12, msg: 'Insufficient User Permissions' }, halt('user-permission-missing')],
  ['partner right', { code: 13 }, halt('partner-permission-missing')],
  ['15 isp', { code: 15, sub_code: 'isp.top-remote-connection-timeout' }, later],
  ['15 isp tmall', { code: 15, sub_code: 'isp.top-remote-service-unavailable-tmall' }, later],
  ['15 isp busy', { code: 15, sub_code: 'isp.system-busy' }, later],
  ['15 bare', { code: 15, msg: 'Remote Service Error' }, later],
  [
    '15 isv',
    { code: 15, sub_code: 'isv.invalid-parameter:user_id_num' },
    park('invalid-parameter', 'user_id_num'),
  ],
  ['15 missing', { code: 15, sub_code: 'isv.missing-parameter:fields' }, park('missing-parameter', 'fields')],
  ['15 mismatch', { code: 15, sub_code: 'isv.parameters-mismatch' }, park('invalid-parameter')],
  ['15 right', { code: 15, sub_code: 'isv.invalid-permission' }, halt('permission-missing')],
  ['15 other isv', { code: 15, sub_code: 'isv.item-is-delete' }, park('refused')],
  ['15 signature', { code: 15, sub_code: 'isv.sign-check-failure' }, haltApp('invalid-signature')],
  ['window', { code: 15, sub_code: 'isp.runtime-max-limit' }, park('window-too-wide')],
  ['isp input', { code: 15, sub_code: 'isp.invalid-parameters' }, park('invalid-parameter')],
  ['isp pid', { code: 15, sub_code: 'isp.pid-check-error' }, halt('invalid-pid')],
  [
    '15 unknown sub',
    { code: 15, sub_code: 'whatever' },
    { disposition: 'retry', reason: 'unknown-platform-error' },
  ],
  ['no method', { code: 21 }, halt('request-refused')],
  [
    'bad method',
    { code: 22, sub_code: 'isv.invalid-method', sub_msg: '不合法ApiName' },
    halt('invalid-method'),
  ],
  ['bad format', { code: 23 }, halt('request-refused')],
  ['no signature', { code: 24 }, haltApp('missing-signature')],
  ['bad signature', { code: 25, msg: 'Invalid signature' }, haltApp('invalid-signature')],
  ['no session', { code: 26, msg: 'Missing session' }, halt('missing-session')],
  ['bare 27', { code: 27, msg: 'Invalid session' }, halt('invalid-session')],
  [
    'bad session',
    { code: 27, sub_code: 'invalid-sessionkey', sub_msg: 'SessionKey非法' },
    halt('invalid-session'),
  ],
  ['expired', { code: 27, sub_code: 'session-expired' }, halt('session-expired')],
  ['blank session', { code: 27, sub_code: 'session-is-blank' }, halt('missing-session')],
  ['foreign', { code: 27, sub_code: 'sessionkey-not-generated-by-server' }, halt('foreign-session')],
  [
    'malformed token',
    { code: 27, sub_code: 'INVALID_PARAMS', sub_msg: 'invalid AccessToken : x' },
    halt('invalid-session'),
  ],
  ['no app key', { code: 28 }, haltApp('missing-app-key')],
  ['bad app key', { code: 29, sub_code: 'isv.appkey-not-exists' }, haltApp('invalid-app-key')],
  ['no timestamp', { code: 30 }, halt('request-refused')],
  ['bad timestamp', { code: 31 }, { disposition: 'retry', reason: 'invalid-timestamp' }],
  ['no version', { code: 32 }, halt('request-refused')],
  ['bad version', { code: 33 }, halt('request-refused')],
  ['old version', { code: 34 }, halt('request-refused')],
  ['captured 40', { code: 40, msg: 'Missing required arguments:nick' }, park('missing-parameter', 'nick')],
  ['41', { code: 41, msg: 'Invalid arguments:page_size' }, park('invalid-parameter', 'page_size')],
  ['41 full-width colon', { code: 41, msg: '非法参数:page_no' }, park('invalid-parameter', 'page_no')],
  ['41 without a name', { code: 41, msg: 'Invalid arguments' }, park('invalid-parameter')],
  [
    '41 target',
    { code: 41, msg: 'Invalid arguments:target_app_key' },
    haltApp('invalid-target-app-key'),
    qimen,
  ],
  ['forbidden', { code: 42 }, halt('forbidden')],
  ['43', { code: 43, msg: 'Parameter Error' }, park('invalid-parameter')],
  [
    'documents’ sample',
    { code: 50, sub_code: 'isv.invalid-parameter', sub_msg: '非法参数' },
    park('invalid-parameter'),
  ],
  ['50 isp', { code: 50, sub_code: 'isp.http-read-timeout' }, later],
  ['50 bare', { code: 50, msg: 'Remote service error' }, later],
  ['security level', { code: 53 }, halt('session-level-too-low')],
  ['legacy busy', { code: 530, sub_code: 'isp.system-busy' }, later],
  ['legacy unknown', { code: 670 }, { disposition: 'retry', reason: 'unknown-platform-error' }],
  ['no code', { msg: 'x' }, { disposition: 'retry', reason: 'unknown-platform-error' }],
  [
    'code of the prototype',
    { code: 'constructor', sub_code: '__proto__' },
    { reason: 'unknown-platform-error' },
  ],
  ['qimen 1.0 code', { code: 'TOP15', sub_code: 'isp.http-closed' }, later, qimen],
  ['callee signature', { sub_code: 'sign-check-failure' }, halt('callee-refused-signature'), qimen],
  [
    'refused type',
    { code: 15, sub_code: 'isv.invalid-parameter:type', sub_msg: 'nopaid 不支持' },
    { disposition: 'park', field: 'type', hint: 'take nopaid out of the configured types' },
  ],
  [
    'refused type, unnamed',
    { code: 41, msg: 'Invalid arguments:type' },
    {
      disposition: 'park',
      field: 'type',
      hint: 'one of the configured types is refused: step, nopaid, fixed',
    },
  ],
  [
    'own sub code wins',
    { code: 15, sub_code: 'isp.pid-check-error' },
    { ...halt('wrong-pid'), hint: 'check the pid' },
    tbk,
  ],
  ['own business code', { code: 719, msg: 'retry' }, later, tbk],
  ['own code under 15', { code: 15, sub_code: '50002' }, ban(2000), tbk],
  ['own 4 is not the platform’s 4', { code: 4, msg: '查询不到对应的adzoneId' }, halt('wrong-pid'), tbk],
  ['the platform’s 4 is not its own', { code: 4, msg: 'User Call Limited' }, ban(2000), tbk],
];

const shells: Record<string, (error: Record<string, unknown>) => unknown> = {
  error_response: (error) => ({ error_response: error }),
  'response with flag': ({ msg, sub_msg, ...rest }) => ({
    response: { flag: 'failure', message: msg, sub_message: sub_msg, ...rest },
  }),
  'flag at the root': ({ msg, sub_msg, ...rest }) => ({
    flag: 'failure',
    message: msg,
    sub_message: sub_msg,
    ...rest,
  }),
};

describe.each(Object.entries(shells))('a platform error as %s', (_, wrap) => {
  it.each(rows)('%s', (_name, error, expected, api = top) => {
    expect(read(wrap(error), api)).toMatchObject(expected);
  });
});

describe('what an error tells', () => {
  it('names method, codes and request id, and decodes the gateway’s words once', () => {
    const error = read({
      error_response: {
        code: 27,
        msg: 'Invalid session',
        sub_code: 'sessionkey-not-generated-by-server',
        sub_msg: 'RealSession don&apos;t belong app and user !',
        request_id: '15a0235qylz0x',
      },
    });

    expect(error.message).toBe(
      'tmall.car.get: foreign-session, code 27, sessionkey-not-generated-by-server' +
        " (Invalid session; RealSession don't belong app and user !)",
    );
    expect(error.details).toEqual({
      method: 'tmall.car.get',
      code: '27',
      subCode: 'sessionkey-not-generated-by-server',
      businessCode: 'sessionkey-not-generated-by-server',
      requestId: '15a0235qylz0x',
    });
  });

  it.each([
    { code: 15, sub_code: 'isv.x', sub_msg: '买家测试甲 13900000001 不存在' },
    { code: 41, msg: 'Invalid arguments:13900000001', sub_msg: '测试甲' },
    { code: 27, sub_code: 'INVALID_PARAMS', sub_msg: 'invalid AccessToken : 测试甲 13900000001' },
    { code: 11, msg: 'scope of 13900000001 and 6100e23abcdef0123456789abcdef0123456' },
    { code: '测试甲', sub_code: '13900000001' },
    { code: 15, sub_code: 'isv.invalid-parameter:13900000001' },
  ])('shows no value of %j', (body) => {
    const error = read({ error_response: body });

    const shown = `${error.message} ${error.field} ${error.hint} ${JSON.stringify(error.details)}`;
    expect(shown).not.toMatch(/13900000001|测试甲|6100e23/);
  });

  it.each([
    ['app-access-count', 'app'],
    ['api-access-count', 'api'],
    ['app-api-access-count', 'api'],
    ['dynamic-access-count', 'api'],
  ])('knows how far a ban by %s reaches', (kind, scope) => {
    expect(read({ error_response: { code: 7, sub_code: limited + kind } }).details['scope']).toBe(scope);
  });

  it.each([
    ['don&apos;t &amp;lt; &#39;&#x4e2d;&nbsp;&unknown;&#0;', "don't &lt; '中 &unknown;&#0;"],
    ['&amp;amp;', '&amp;'],
  ])('decodes %s once', (text, decoded) => {
    expect(decodeEntities(text)).toBe(decoded);
  });
});

describe('a failure inside a success', () => {
  const envelope = (reply: unknown) => ({ tmall_car_get_response: reply });

  it.each<[unknown, Expected, Api?]>([
    [{ success: false, msg_code: 'isp.system-busy' }, later],
    [{ success: false, msg_code: 'isv.invalid-parameter:order_id' }, park('invalid-parameter', 'order_id')],
    [
      { success: false, msg_code: 'SOMETHING' },
      { disposition: 'retry', reason: 'unknown-business-error' },
    ],
    [{ success: false, msg_code: 'ORDER_NOT_EXIST', data: '' }, { reason: 'unknown-business-error' }],
    [{ success: true, msg_code: 'OK', data: { id: 7 } }, { ...park('unexpected-shape', 'data.id') }],
    [{ success: true, result: [] }, park('unexpected-shape', 'result')],
  ])('%j', (reply, expected) => {
    expect(read(envelope(reply))).toMatchObject(expected);
  });

  it('keeps the business code for those who know it', () => {
    const error = read(envelope({ success: false, msg_code: 'ORDER_NOT_EXIST', data: '' }));

    expect(error.details['businessCode']).toBe('ORDER_NOT_EXIST');
  });

  it('takes the rule of the API’s own table', () => {
    const error = read({ tbk_item_get_response: { success: false, msg_code: 'ORDER_NOT_EXIST' } }, tbk);

    expect(error).toMatchObject(park('no-such-order'));
  });

  it('knows a callee that refuses the gateway’s signature', () => {
    const error = read({ success: false, msg_code: 'sign-check-failure' }, qimen);

    expect(error).toMatchObject(halt('callee-refused-signature'));
  });
});

describe('a body that is no reply', () => {
  it.each<[string, string]>([
    ['{}', 'unreadable-reply'],
    ['[]', 'unreadable-reply'],
    ['null', 'unreadable-reply'],
    ['0', 'unreadable-reply'],
    ['"ok"', 'unreadable-reply'],
    ['{"status":"ok"}', 'unreadable-reply'],
    ['{"message":"no Route matched"}', 'unreadable-reply'],
    ['{"tmall_car_get_response":{}}', 'unreadable-reply'],
    ['{"tmall_car_get_response":[]}', 'unreadable-reply'],
    ['{"tmall_car_get_response":null}', 'unreadable-reply'],
    ['{"other_get_response":{"success":true}}', 'unreadable-reply'],
    ['{"error_response":"x"}', 'unreadable-reply'],
    ['{"tmall_car_get_response":{"success":tr', 'truncated-reply'],
    ['{"tmall_car_get_response":{"success":true}', 'unreadable-reply'],
    ['[1,2', 'truncated-reply'],
    ['not json', 'unreadable-reply'],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'unreadable-reply'],
  ])('%.60s', (text, reason) => {
    const error = read(text);

    expect(error).toMatchObject({ disposition: 'retry', reason });
    expect(isTransient(error)).toBe(true);
  });
});

describe('the replies of both gateways', () => {
  const reply = { success: true, data: { id: '1' }, unknown: { kept: 1 } };

  it.each<[string, unknown, Api]>([
    ['root kept', { tmall_car_get_response: { ...reply, request_id: 'r' } }, top],
    ['root removed', { ...reply, request_id: 'r' }, top],
    ['root without taobao.', { tbk_item_get_response: { ...reply, request_id: 'r' } }, tbk],
    ['qimen without root', { ...reply, request_id: 'r' }, qimen],
    ['qimen with response', { response: { flag: 'success', ...reply, request_id: 'r' } }, qimen],
    ['qimen with root', { qimen_car_get_response: { ...reply, request_id: 'r' } }, qimen],
    ['qimen with code 0', { code: '0', ...reply, request_id: 'r' }, qimen],
  ])('are read: %s', (_, body, api) => {
    const answer = readReply(JSON.stringify(body), api, { now: NOW });

    expect(answer.reply).toMatchObject(reply);
    expect(answer.requestId).toBe('r');
  });

  it('are errors when Qimen states a code and nothing of the API', () => {
    expect(read({ code: '41', message: 'Invalid arguments:page_no' }, qimen)).toMatchObject(
      park('invalid-parameter', 'page_no'),
    );
  });
});

describe('classifyTransportError', () => {
  const coded = (code: string, name = 'Error') => Object.assign(new Error('13900000001'), { code, name });

  it.each<[unknown, string, ('head' | 'body')?]>([
    [coded('ECONNREFUSED'), 'connection-refused'],
    [new AggregateError([coded('ECONNREFUSED')]), 'connection-refused'],
    [coded('ECONNRESET'), 'connection-reset'],
    [coded('ECONNRESET'), 'truncated-reply', 'body'],
    [coded('EPIPE'), 'connection-reset'],
    [coded('ENOTFOUND'), 'dns-failure'],
    [coded('EAI_AGAIN'), 'dns-failure'],
    [coded('ETIMEDOUT'), 'connect-timeout'],
    [coded('UND_ERR_CONNECT_TIMEOUT'), 'connect-timeout'],
    [coded('UND_ERR_HEADERS_TIMEOUT'), 'headers-timeout'],
    [coded('UND_ERR_BODY_TIMEOUT'), 'body-timeout'],
    [coded('UND_ERR_SOCKET'), 'connection-reset'],
    [coded('UND_ERR_SOCKET'), 'truncated-reply', 'body'],
    [coded('UND_ERR_RES_EXCEEDED_MAX_SIZE'), 'reply-too-large'],
    [coded('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'), 'truncated-reply'],
    [coded('UND_ERR_HEADERS_OVERFLOW'), 'malformed-http'],
    [coded('HPE_INVALID_CONSTANT'), 'malformed-http'],
    [coded('CERT_HAS_EXPIRED'), 'tls-failure'],
    [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls-failure'],
    [coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls-failure'],
    [coded('', 'TimeoutError'), 'total-timeout'],
    [coded('', 'AbortError'), 'aborted'],
    [new Error('wrapped', { cause: coded('ECONNRESET') }), 'connection-reset'],
    ['a string', 'transport-failure'],
    [coded('constructor'), 'transport-failure'],
  ])('%s → %s', (thrown, reason, stage) => {
    const error = classifyTransportError(thrown, top, stage);

    expect(error).toMatchObject({ disposition: 'retry', reason });
    expect(error.message).not.toContain('139');
  });
});
