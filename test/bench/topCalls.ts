import TopSdk from 'topsdk';
import { Pool } from 'undici';
import { systemClock } from '../../lib/core/clock.ts';
import { silentLog } from '../../lib/core/log.ts';
import { aliautoTradeCarOrderGet } from '../../lib/top/apis/aliautoTradeCarOrderGet.ts';
import { crmTradesInfoCreate } from '../../lib/top/apis/crmTradesInfoCreate.ts';
import type { TopApiDefinition } from '../../lib/top/defineTopApi.ts';
import type { RateBudget } from '../../lib/top/rateBudget.ts';
import { createTopClient } from '../../lib/top/topClient.ts';
import { encodeParams, signedForm } from '../../lib/top/topRequest.ts';
import { captureReplies } from './capture.ts';
import { startFixedServer } from './childServer.ts';
import { type Figure, type Measurement, type Result, spread } from './figure.ts';
import { inPairs, type Pairing, rateOf } from './pairs.ts';

const WIDTH = 50;
const PAIRS = 15;
/** Many: after the other's turn the engine compiles anew what both use, for thousands of calls. */
const CAR_CALLS = 12_000;
const PAGE_CALLS = 150;
const SESSION = 'session';
const ratio = { digits: 2, unit: 'x' };

const bare = 'a bare undici Pool.request and body.json() of the same server';
const figures: readonly Figure[] = [
  {
    name: 'top-car',
    what: `TOP client, signed, losslessly parsed, validated, against ${bare}`,
    inputs: `car order of 3 KB, ${WIDTH} at a time`,
    goal: { atLeast: 0.8 },
    shown: ratio,
  },
  {
    name: 'top-page',
    what: `TOP client against ${bare}`,
    inputs: `page of 100 trades, 300 KB, ${WIDTH} at a time`,
    goal: { atLeast: 0.5 },
    shown: ratio,
  },
  {
    name: 'top-topsdk',
    what: 'TOP client against topsdk 1.0.13',
    inputs: `car order of 3 KB, ${WIDTH} at a time`,
    goal: { atLeast: 3 },
    shown: ratio,
  },
];

/** No pacing: the figure is about the client, not about the platform's limits. */
const unlimited: RateBudget = { acquire: async () => {}, ban: () => {}, bannedUntil: () => 0 };

async function measure(wanted: ReadonlySet<string>, say: (line: string) => void) {
  const results = new Map<string, Result>();
  const { car, page } = await captureReplies();
  const server = await startFixedServer({ '/car': car.text, '/page': page.text });
  const app = { appKey: '12345678', appSecret: 'secret', targetAppKey: '87654321' };
  const client = createTopClient({
    ...app,
    topUrl: `${server.url}/car`,
    qimenUrl: `${server.url}/page`,
    budget: unlimited,
    log: silentLog,
    clock: systemClock,
    connections: WIDTH,
  });
  const pool = new Pool(server.url, { connections: WIDTH });
  try {
    const query = { query: { order_id: car.orderId } };
    // No two neighbours ask for the same order, as in a real run.
    const queries = Array.from({ length: 1000 }, (_, index) => ({
      query: { order_id: String(BigInt(car.orderId) + BigInt(index)) },
    }));
    let asked = 0;
    const carCall = () => {
      asked += 1;
      return client.call(aliautoTradeCarOrderGet, queries[asked % 1000] ?? query, { session: SESSION });
    };
    const pageCall = () => client.call(crmTradesInfoCreate, page.params);
    const bareCall = (path: string, api: TopApiDefinition, params: unknown) => {
      const whole = { ...app, signMethod: 'hmac-sha256', simplify: false } as const;
      const form = signedForm(api, encodeParams(api, params), whole, SESSION, Date.now());
      const headers = { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' };
      return async () => {
        const { body } = await pool.request({ path, method: 'POST', headers, body: form });
        return await body.json();
      };
    };
    const topsdk = new TopSdk(app.appKey, app.appSecret, `${server.url}/car`, { useValidators: false });
    const sdkQuery = { query: `{"order_id":${car.orderId}}`, session: SESSION };
    const runs = {
      'top-car': () =>
        compare(CAR_CALLS, carCall, CAR_CALLS, bareCall('/car', aliautoTradeCarOrderGet, query)),
      'top-page': () =>
        compare(PAGE_CALLS, pageCall, PAGE_CALLS, bareCall('/page', crmTradesInfoCreate, page.params)),
      'top-topsdk': () =>
        compare(CAR_CALLS, carCall, CAR_CALLS / 4, () =>
          topsdk.execute(aliautoTradeCarOrderGet.method, sdkQuery, 'post'),
        ),
    };
    for (const [name, run] of Object.entries(runs)) {
      if (!wanted.has(name)) continue;
      say(`${name} …`);
      results.set(name, resultOf(await run()));
    }
  } finally {
    await Promise.all([client.close(), pool.destroy()]);
    server.stop();
  }
  return results;
}

function compare(
  oursCount: number,
  ours: () => Promise<unknown>,
  theirsCount: number,
  theirs: () => Promise<unknown>,
): Promise<Pairing> {
  return inPairs(
    () => rateOf(oursCount, WIDTH, ours),
    () => rateOf(theirsCount, WIDTH, theirs),
    PAIRS,
  );
}

function resultOf({ ratio: value, ratios, ours, theirs }: Pairing): Result {
  return {
    value,
    detail: `${spread(ratios)}; ${Math.round(ours)} against ${Math.round(theirs)} a CPU second`,
  };
}

export const topCalls: Measurement = { figures, measure };
