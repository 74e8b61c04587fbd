import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { permitSellers } from '../../../infra/cli/permitSellers.ts';
import { type Simulator, startSimulator } from '../../../infra/local/simulator/simulator.ts';
import { control } from '../local/simulator/simulatorClient.ts';

describe('carferry messages permit', () => {
  let simulator: Simulator;
  const worldNow = Date.now();
  beforeAll(async () => {
    const world = { trades: 40, shops: 2, growthPerMinute: 0, anchorAt: worldNow };
    simulator = await startSimulator({ ...world, now: () => worldNow });
  });
  afterAll(() => simulator.close());

  const environment = (change: Record<string, string> = {}) => ({
    TOP_GATEWAY_URL: simulator.topUrl,
    QIMEN_GATEWAY_URL: simulator.qimenUrl,
    TOP_APP_KEY: simulator.info.appKey,
    TOP_APP_SECRET: simulator.info.appSecret,
    QIMEN_TARGET_APP_KEY: simulator.info.targetAppKey,
    CARFERRY_SHOPS: JSON.stringify(simulator.info.shops),
    ...change,
  });

  it('lets the messages of every configured seller flow', async () => {
    const permissions = await permitSellers(environment(), {});

    expect(permissions).toEqual(simulator.info.shops.map(({ sellerNick }) => ({ shop: sellerNick })));
  });

  it('permits one seller when one is named', async () => {
    const shop = simulator.info.shops[1]?.sellerNick;

    expect(await permitSellers(environment(), { shop })).toEqual([{ shop }]);
  });

  it('goes on with the others when one seller is refused, and says why', async () => {
    const [first, second] = simulator.info.shops;
    await control(simulator, 'quirks', { expiredSession: first?.sellerNick });

    const permissions = await permitSellers(environment(), {});

    await control(simulator, 'quirks', undefined, 'DELETE');
    expect(permissions[0]).toMatchObject({
      shop: first?.sellerNick,
      refused: { reason: expect.any(String) },
    });
    expect(permissions[1]).toEqual({ shop: second?.sellerNick });
  });

  it('names a missing variable and an unknown seller', async () => {
    await expect(permitSellers(environment({ TOP_APP_KEY: '' }), {})).rejects.toMatchObject({
      reason: 'configuration',
      field: 'TOP_APP_KEY',
    });
    await expect(permitSellers(environment(), { shop: 'x' })).rejects.toMatchObject({ field: '--shop' });
  });
});
