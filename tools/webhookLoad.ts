import { isDeepStrictEqual } from 'node:util';
import { runWebhookLoad, startFailingQueue, validCodes } from '../test/flow/webhookLoad.ts';
import { startFunctionBench } from '../test/functions/functionBench.ts';

/*
 * `npm run test:webhook`: ten thousand pushed leads, 200 at a time, half of them forged, on the real functions and the
 * embedded engines, with the queue away for a tenth of them. Exits 0 only when every valid lead is stored once and
 * no forged one was accepted.
 */

const COUNT = 10_000;
const CONCURRENCY = 200;
const SECRET = 'callee-secret-of-a-test';

const bench = await startFunctionBench();
const target = bench.environment['AWS_ENDPOINT_URL_SQS'] ?? '';
const queue = await startFailingQueue(target, (nth) => nth > COUNT / 10 && nth <= COUNT / 5);
for (const [name, value] of Object.entries(bench.environment)) {
  const isQueue = name === 'AWS_ENDPOINT_URL_SQS' || name.endsWith('QUEUE_URL');
  process.env[name] = isQueue ? value.replace(target, queue.url) : value;
}
process.env['CARFERRY_QIMEN_SECRET'] = SECRET;
const { report, queued, storedCodes, ms } = await runWebhookLoad(bench, {
  count: COUNT,
  concurrency: CONCURRENCY,
  secret: SECRET,
});
const { forgedAccepted, accepted, refused, unanswered, probe } = report;
const isEach = isDeepStrictEqual(storedCodes.toSorted(), validCodes(COUNT).toSorted());
const ok =
  isEach &&
  forgedAccepted === 0 &&
  accepted === COUNT / 2 &&
  refused === 0 &&
  unanswered === 0 &&
  probe.isAsExpected;
process.stdout.write(
  `${JSON.stringify({ ...report, queueFailures: queue.failures(), queued, stored: storedCodes.length, seconds: Math.round(ms / 1000) })}\n`,
);
process.stdout.write(ok ? 'every valid lead stored once, no forged one accepted\n' : 'NOT as it must be\n');
queue.close();
await bench.close();
process.exit(ok ? 0 : 1);
