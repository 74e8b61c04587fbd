import { CarferryError } from '../core/errors.ts';
import { toChinaWallClock, toIso } from '../domain/chinaTime.ts';
import type { HaltGate } from '../store/halts.ts';
import { CRM_TRADE_TYPES, crmTradesInfoCreate } from '../top/apis/crmTradesInfoCreate.ts';
import type { TopClient } from '../top/topClient.ts';
import { windowsOf } from './estimateBackfill.ts';
import type { RunLimits } from './pullInput.ts';
import type { TradeShop } from './walkTrades.ts';
import { type Bounds, inclusiveSeconds } from './windows.ts';

export type CountTradesDeps = {
  readonly top: Pick<TopClient, 'call'>;
  readonly haltGate: HaltGate;
};

const api = crmTradesInfoCreate;

/**
 * How many trades TOP states for each day of `[from, to)` (epoch ms): one call of one row a day, as backfill.
 *
 * @throws CarferryError of a call; `retry`, `total-missing`.
 */
export async function countTrades(
  deps: CountTradesDeps,
  shop: TradeShop,
  bounds: Bounds,
  limits: Pick<RunLimits, 'signal' | 'deadline'>,
): Promise<{ readonly from: string; readonly to: string; readonly total: number }[]> {
  const counted: { from: string; to: string; total: number }[] = [];
  for (const window of windowsOf(bounds)) {
    const { first, last } = inclusiveSeconds(window);
    const { total_results: total } = await deps.haltGate.run(shop, api.method, () =>
      deps.top.call(
        api,
        {
          fields: 'tid',
          start_created: toChinaWallClock(first),
          end_created: toChinaWallClock(last),
          type: (shop.types ?? CRM_TRADE_TYPES).join(','),
          page_no: '1',
          page_size: '1',
          seller_nick: shop.sellerNick,
        },
        { signal: limits.signal, deadline: limits.deadline, priority: 'backfill' },
      ),
    );
    if (total === undefined) throw totalMissing();
    counted.push({ from: toIso(window.from), to: toIso(window.to), total });
  }
  return counted;
}

function totalMissing(): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'total-missing',
    message: `${api.method}: a reply states no total`,
    field: 'total_results',
  });
}
