import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { authoriseAddress, codeOf, exchange } from '../../../infra/cli/exchangeCode.ts';
import { createFolderRegistry } from '../../../infra/cli/folderRegistry.ts';
import type { OpenRegistry } from '../../../infra/cli/openRegistry.ts';
import { storeToken } from '../../../infra/cli/storeToken.ts';
import { type Simulator, startSimulator } from '../../../infra/local/simulator/simulator.ts';

describe('carferry authorize', () => {
  let simulator: Simulator;
  let open: OpenRegistry;
  const worldNow = Date.now();
  beforeAll(async () => {
    const world = { trades: 10, shops: 2, growthPerMinute: 0, anchorAt: worldNow };
    simulator = await startSimulator({ ...world, now: () => worldNow });
  });
  afterAll(() => simulator.close());
  beforeEach(() => {
    const folder = mkdtempSync(join(tmpdir(), 'carferry-authorize-'));
    const registry = createFolderRegistry(join(folder, 'shops'), randomBytes(32));
    open = { registry, given: [], working: [], forget: async () => {}, flags: '--data x' };
    return () => rmSync(folder, { recursive: true });
  });

  const environment = (change: Record<string, string> = {}) => ({
    TOP_GATEWAY_URL: simulator.topUrl,
    TOP_APP_KEY: simulator.info.appKey,
    TOP_APP_SECRET: simulator.info.appSecret,
    ...change,
  });
  const seller = () => {
    const [shop] = simulator.info.shops;
    if (shop === undefined) throw new Error('no shop');
    return shop;
  };

  it('prints the address with app, callback and state', () => {
    const oauthUrl = 'https://oauth.taobao.com/authorize';
    const address = authoriseAddress(
      { oauthUrl, appKey: '12345678', redirectUri: 'https://dealer.example/cb?x=1' },
      's1',
    );

    const { origin, pathname, searchParams } = new URL(address);
    expect(origin + pathname).toBe(oauthUrl);
    expect(Object.fromEntries(searchParams)).toEqual({
      response_type: 'code',
      client_id: '12345678',
      redirect_uri: 'https://dealer.example/cb?x=1',
      state: 's1',
      view: 'web',
    });
  });

  it.each([
    ['the code alone', 'abc123', 'abc123'],
    ['the address', 'https://dealer.example/cb?code=abc123&state=s1', 'abc123'],
    ['an address without a state', 'https://dealer.example/cb?code=abc123', 'abc123'],
  ])('takes %s', (_case, pasted, code) => {
    expect(codeOf(pasted, 's1')).toBe(code);
  });

  it.each([
    ['an address of another request', 'https://dealer.example/cb?code=abc123&state=other', /another request/],
    ['a refusal', 'https://dealer.example/cb?error=access_denied&state=s1', /no code/],
  ])('refuses %s', (_case, pasted, message) => {
    expect(() => codeOf(pasted, 's1')).toThrow(message);
    expect(() => codeOf(pasted, 's1')).toThrow(expect.objectContaining({ reason: 'configuration' }));
  });

  it('exchanges the code and stores the session of the seller it names, and tells days and name only', async () => {
    const { sellerNick, session } = seller();

    const token = await exchange(environment(), { code: `code-of-${sellerNick}` });
    const line = await storeToken(open, token, undefined);

    expect(token).toMatchObject({ sellerNick, session });
    expect(await open.registry.secretOf(sellerNick)).toMatchObject({ session });
    expect(line).toContain(sellerNick);
    expect(line).toMatch(/36[45] days left/);
    expect(line).not.toContain(session);
  });

  it('prolongs a session with its refresh token', async () => {
    const { sellerNick } = seller();
    const first = await exchange(environment(), { code: `code-of-${sellerNick}` });

    const second = await exchange(environment(), { refreshToken: first.refreshToken ?? '' });

    expect(second).toMatchObject({ sellerNick, session: first.session });
  });

  it('stores nothing when another seller has authorised than was asked for', async () => {
    const token = await exchange(environment(), { code: `code-of-${seller().sellerNick}` });

    await expect(storeToken(open, token, '测试旗舰店')).rejects.toThrow(/not 测试旗舰店; nothing was stored/);
    expect(await open.registry.list()).toEqual([]);
  });

  it('refuses a code that is none, and a missing variable before any call', async () => {
    await expect(exchange(environment(), { code: 'old' })).rejects.toMatchObject({ disposition: 'park' });
    await expect(exchange(environment({ TOP_APP_SECRET: '' }), { code: 'x' })).rejects.toMatchObject({
      reason: 'configuration',
      field: 'TOP_APP_SECRET',
    });
    await expect(
      exchange(environment({ TOP_GATEWAY_URL: 'http://eco.taobao.com/router/rest' }), { code: 'x' }),
    ).rejects.toMatchObject({ field: 'TOP_GATEWAY_URL' });
  });
});
