import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { crmTradesInfoCreate } from '../../lib/top/apis/crmTradesInfoCreate.ts';
import { type Bundle, bundleFunctions, functionNames } from '../../tools/bundle.ts';
import { type PullFunctionBench, startPullFunctionBench } from '../functions/pullFunctionBench.ts';
import { lambdaContext } from '../lambda/lambdaContext.ts';
import { listTrades } from '../pull/worldModel.ts';

/** Every function speaks to AWS over undici (ADR 13), so there is one budget. */
const MOST_BYTES = 800 * 1024;
const NOW = Math.floor(Date.now() / 1000) * 1000;

describe('the bundles that are deployed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carferry-bundles-'));
  let bundles: Bundle[];
  let bench: PullFunctionBench;
  beforeAll(async () => {
    bundles = await bundleFunctions(folder);
    const createdAt = NOW - 3_600_000;
    const trade = { id: '4277659395456225432', createdAt, modifiedAt: createdAt, status: 'TRADE_FINISHED' };
    bench = await startPullFunctionBench({
      [crmTradesInfoCreate.method]: (form) => ({
        response: { flag: 'success', ...listTrades(Object.fromEntries(form), [trade], Date.now()) },
      }),
    });
  });
  afterAll(async () => {
    await bench.close();
    rmSync(folder, { recursive: true });
  });

  it.each(functionNames())('%s stays within its budget and holds no code of tests or local run', (name) => {
    const bundle = bundles.find((candidate) => candidate.name === name);

    expect(bundle?.bytes).toBeLessThanOrEqual(MOST_BYTES);
    expect(bundle?.sources.filter((path) => /^(test|infra|tools)\//.test(path))).toEqual([]);
  });

  it('call TOP, DynamoDB and SQS with the part of undici that they hold', async () => {
    const { handler } = await import(pathToFileURL(join(folder, 'pullTrades', 'index.mjs')).href);

    const input = { lane: 'live', from: toIso(NOW - 7_200_000), until: toIso(NOW - 600_000) };
    const { streams } = await handler(input, lambdaContext());

    expect(streams).toMatchObject([{ state: 'caught-up', rows: 1, enqueued: 1 }]);
    const messages = await bench.messagesIn('ORDERS_QUEUE_URL');
    expect(messages).toMatchObject([{ kind: 'trade', orderId: '4277659395456225432' }]);
  });
});
