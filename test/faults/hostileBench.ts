import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../lib/core/clock.ts';
import { CarferryError } from '../../lib/core/errors.ts';
import { silentLog } from '../../lib/core/log.ts';
import { aliautoLeadInfoGet } from '../../lib/top/apis/aliautoLeadInfoGet.ts';
import { aliautoTradeCarOrderGet } from '../../lib/top/apis/aliautoTradeCarOrderGet.ts';
import { crmTradesInfoCreate } from '../../lib/top/apis/crmTradesInfoCreate.ts';
import { tbkItemInfoUpgradeGet } from '../../lib/top/apis/tbkItemInfoUpgradeGet.ts';
import { udSmartOrderDetailPull } from '../../lib/top/apis/udSmartOrderDetailPull.ts';
import { createLocalRateBudget } from '../../lib/top/rateBudget.ts';
import { createTopClient, type TopCallOptions, type TopClient } from '../../lib/top/topClient.ts';

/** The order asked for in the calls below; the published replies are those of other orders. */
export const ORDER_ID = '4277659395456225432';

/** One of the five APIs with a request of it. */
export type HostileApi = {
  readonly method: string;
  /** The published reply, as text. */
  readonly body: string;
  call(client: TopClient, options?: TopCallOptions): Promise<unknown>;
};

/** The published reply of a method. */
function published(method: string): string {
  const file = join(import.meta.dirname, '..', 'fixtures', 'replies', `${method}.json`);
  return JSON.stringify(JSON.parse(readFileSync(file, 'utf8')));
}

const window = { start_time: '2024-09-01 00:00:00.000', end_time: '2024-09-01 00:59:59.999' };

/** The five TOP APIs that carferry exists for. */
export const APIS: readonly HostileApi[] = [
  {
    method: crmTradesInfoCreate.method,
    body: published(crmTradesInfoCreate.method),
    call: (client, options) => client.call(crmTradesInfoCreate, { page_no: '1' }, options),
  },
  {
    method: udSmartOrderDetailPull.method,
    body: published(udSmartOrderDetailPull.method),
    call: (client, options) =>
      client.call(udSmartOrderDetailPull, { order_top_cursor_query_dto: window }, options),
  },
  {
    method: aliautoLeadInfoGet.method,
    body: published(aliautoLeadInfoGet.method),
    call: (client, options) =>
      client.call(aliautoLeadInfoGet, { lead_top_query: { order_id: ORDER_ID } }, options),
  },
  {
    method: aliautoTradeCarOrderGet.method,
    body: published(aliautoTradeCarOrderGet.method),
    call: (client, options) =>
      client.call(aliautoTradeCarOrderGet, { query: { order_id: ORDER_ID } }, options),
  },
  {
    method: tbkItemInfoUpgradeGet.method,
    body: published(tbkItemInfoUpgradeGet.method),
    call: (client, options) => client.call(tbkItemInfoUpgradeGet, { item_id: '4112264076123' }, options),
  },
];

/** Real time whose sleeps end at once but count, so that no test waits for a pause between two tries. */
export function hastyClock() {
  let skipped = 0;
  return {
    now: () => systemClock.now() + skipped,
    sleep: async (ms: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      skipped += ms;
    },
    skipped: () => skipped,
  };
}

/** Small enough that a test reaches it soon. */
export const LIMIT_BYTES = 1024 * 1024;

/** The real client against `url`; gives up on an exchange after `total` ms. */
export function hostileClient(url: string, total = 10_000, clock = hastyClock()): TopClient {
  return createTopClient({
    topUrl: url,
    qimenUrl: url,
    appKey: '12345678',
    appSecret: 'helloworld',
    targetAppKey: '87654321',
    log: silentLog,
    random: () => 0.5,
    clock,
    budget: createLocalRateBudget({ callsPerSecond: 10_000, clock }),
    maxResponseBytes: LIMIT_BYTES,
    timeouts: { total },
  });
}

/** How a call ended: with the right answer, with a wrong one, or with one classified error. */
export type Ending =
  | { readonly kind: 'reply'; readonly reply: unknown }
  | { readonly kind: 'error'; readonly error: CarferryError };

/** One call to its end. Anything thrown that is not a `CarferryError` fails the test. */
export async function endingOf(call: Promise<unknown>): Promise<Ending> {
  try {
    return { kind: 'reply', reply: await call };
  } catch (thrown) {
    if (thrown instanceof CarferryError) return { kind: 'error', error: thrown };
    throw new Error('an error that nobody classified', { cause: thrown });
  }
}
