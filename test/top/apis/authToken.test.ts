import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toIso } from '../../../lib/domain/chinaTime.ts';
import { readAuthToken } from '../../../lib/top/apis/topAuthToken.ts';
import { topAuthTokenCreate } from '../../../lib/top/apis/topAuthTokenCreate.ts';
import { topAuthTokenRefresh } from '../../../lib/top/apis/topAuthTokenRefresh.ts';
import { readReply } from '../../../lib/top/readReply.ts';

const NOW = Date.parse('2026-11-22T10:00:00+08:00');
const token = (change: object = {}) =>
  JSON.stringify({
    access_token: 'invented-token',
    token_type: 'Bearer',
    expires_in: 31_525_571,
    expire_time: NOW + 31_525_571_000,
    refresh_token: 'invented-refresh',
    re_expires_in: 0,
    taobao_user_nick: encodeURIComponent('测试旗舰店'),
    taobao_user_id: 4277659395,
    ...change,
  });

describe('a token', () => {
  it('names session, seller and end; a refresh token that cannot be used is left out', () => {
    expect(readAuthToken(token(), NOW)).toEqual({
      session: 'invented-token',
      sellerNick: '测试旗舰店',
      expiresAt: toIso(NOW + 31_525_571_000),
    });
  });

  it.each([
    ['an end in text', { expire_time: String(NOW + 86_400_000) }, toIso(NOW + 86_400_000)],
    ['a duration only', { expire_time: undefined, expires_in: 86_400 }, toIso(NOW + 86_400_000)],
    ['neither', { expire_time: 0, expires_in: undefined }, undefined],
    ['an end that is no number', { expire_time: 'soon', expires_in: 'x' }, undefined],
  ])('with %s', (_case, change, expiresAt) => {
    expect(readAuthToken(token(change), NOW).expiresAt).toBe(expiresAt);
  });

  it('of an app of the service market can be prolonged', () => {
    expect(readAuthToken(token({ re_expires_in: '2592000' }), NOW).refreshToken).toBe('invented-refresh');
  });

  it('with a nick that is not encoded is taken as it is', () => {
    expect(readAuthToken(token({ taobao_user_nick: '100%车' }), NOW).sellerNick).toBe('100%车');
  });

  it('that cannot be read is refused, and never shown', () => {
    for (const text of [
      '',
      'null',
      '{"access_token":""}',
      token({ access_token: 7 }),
      '{"access_token":"secret',
    ]) {
      expect(() => readAuthToken(text, NOW)).toThrow(expect.objectContaining({ reason: 'unexpected-shape' }));
    }
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          readAuthToken(text, NOW);
        } catch (thrown) {
          expect(String(thrown)).toBe('CarferryError: the token in the reply cannot be read');
        }
      }),
    );
  });
});

describe.each([topAuthTokenCreate, topAuthTokenRefresh])('$method', (api) => {
  it('answers the text of the token', () => {
    const root = `${api.method.replace('taobao.', '').replaceAll('.', '_')}_response`;
    const text = JSON.stringify({ [root]: { token_result: token(), request_id: 'x' } });

    expect(readReply(text, api, { now: NOW }).reply.token_result).toBe(token());
  });

  it('is refused without one', () => {
    expect(() => readReply('{"request_id":"x"}', api, { now: NOW })).toThrow(/./);
  });
});
