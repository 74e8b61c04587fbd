import * as z from 'zod';
import { systemClock as clock } from '../../lib/core/clock.ts';
import { configurationError, toCarferryError } from '../../lib/core/errors.ts';
import { silentLog } from '../../lib/core/log.ts';
import * as env from '../../lib/lambda/environment.ts';
import { tmcUserPermit } from '../../lib/top/apis/tmcUserPermit.ts';
import { createLocalRateBudget } from '../../lib/top/rateBudget.ts';
import { createTopClient } from '../../lib/top/topClient.ts';

const schema = z.object({ ...env.topEnvironment, CARFERRY_SHOPS: env.shopsVariable });

export type Permission = {
  readonly shop: string;
  /** Absent: the platform's messages of this seller flow from now on. */
  readonly refused?: { readonly reason: string; readonly hint?: string };
};

/**
 * Lets the platform's messages of the configured sellers flow: `taobao.tmc.user.permit`, one call each.
 *
 * @param options `shop`: only this seller; `topics`: comma list that replaces what was permitted, default all
 *   topics of the app.
 * @throws CarferryError `configuration` naming the variable, or the unknown shop.
 */
export async function permitSellers(
  environment: Readonly<Record<string, string | undefined>>,
  options: { readonly shop?: string | undefined; readonly topics?: string | undefined },
): Promise<Permission[]> {
  const config = env.readEnvironment(schema, environment);
  const shops = config.CARFERRY_SHOPS.filter(
    ({ sellerNick }) => options.shop === undefined || sellerNick === options.shop,
  );
  if (shops.length === 0) throw configurationError('--shop', 'no shop of CARFERRY_SHOPS has this name');
  const budget = createLocalRateBudget({ callsPerSecond: config.CARFERRY_RATE, clock });
  const top = createTopClient({ ...env.topSettings(config), budget, log: silentLog, clock });
  const topics = options.topics === undefined ? {} : { topics: options.topics };
  const permissions: Permission[] = [];
  try {
    for (const { sellerNick: shop, session } of shops) {
      try {
        await top.call(tmcUserPermit, topics, { session });
        permissions.push({ shop });
      } catch (thrown) {
        const { reason, hint } = toCarferryError(thrown);
        permissions.push({ shop, refused: { reason, ...(hint !== undefined && { hint }) } });
      }
    }
  } finally {
    await top.close();
  }
  return permissions;
}
