import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type FunctionBench, startFunctionBench } from '../functions/functionBench.ts';
import { runWebhookLoad, startFailingQueue, validCodes } from './webhookLoad.ts';

const COUNT = 1_000;
const SECRET = 'callee-secret-of-a-test';

describe('a thousand pushed leads, half of them forged, with the queue away for a part', () => {
  let bench: FunctionBench;
  let queue: Awaited<ReturnType<typeof startFailingQueue>>;
  beforeAll(async () => {
    bench = await startFunctionBench();
    const target = bench.environment['AWS_ENDPOINT_URL_SQS'] ?? '';
    queue = await startFailingQueue(target, (nth) => nth > COUNT / 10 && nth <= COUNT / 4);
    const behind = (url: string) => url.replace(target, queue.url);
    for (const [name, value] of Object.entries(bench.environment)) {
      vi.stubEnv(
        name,
        name.startsWith('AWS_ENDPOINT_URL_SQS') || name.endsWith('QUEUE_URL') ? behind(value) : value,
      );
    }
    vi.stubEnv('CARFERRY_QIMEN_SECRET', SECRET);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    queue.close();
    await bench.close();
  });

  it('stores every valid one once and no forged one', async () => {
    const load = await runWebhookLoad(bench, { count: COUNT, concurrency: 50, secret: SECRET });

    expect(load.report).toMatchObject({
      valid: COUNT / 2,
      forged: COUNT / 2,
      accepted: COUNT / 2,
      refused: 0,
      forgedAccepted: 0,
      unanswered: 0,
      probe: { answer: 'refused', isAsExpected: true },
    });
    expect(queue.failures()).toBe(150);
    expect(load.report.sentAgain).toBeGreaterThan(0);
    expect(load.queued).toBeGreaterThan(COUNT / 2);
    expect(load.storedCodes.toSorted()).toEqual(validCodes(COUNT).toSorted());
  });
});
