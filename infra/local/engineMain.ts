import { type EngineOrder, engineOrderSchema } from './engineProcess.ts';
import { startEngines } from './engines.ts';
import { startSimulator } from './simulator/simulator.ts';

/*
 * The engine process: embedded DynamoDB and SQS, and the simulator when wanted. Started by engineProcess.ts.
 * It ends at once when its parent is gone (the channel closes; tools/endWithParent.mjs is the second net): both
 * engines write every change to disk when it happens.
 */
process.on('disconnect', () => process.exit(0));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

process.once('message', (message) => {
  start(engineOrderSchema.parse(message)).catch((error: unknown) => {
    process.send?.({ failed: error instanceof Error ? error.message : String(error) }, () => process.exit(1));
  });
});

async function start(order: EngineOrder): Promise<void> {
  const engines = await startEngines({ dataDir: order.dataDir });
  const simulator = order.simulator && (await startSimulator(order.simulator));
  process.on('message', (message) => {
    if (message !== 'stop') return;
    void Promise.all([engines.close(), simulator?.close()]).finally(() => process.exit(0));
  });
  const { dynamoDbUrl, sqsUrl } = engines;
  process.send?.({
    dynamoDbUrl,
    sqsUrl,
    ...(simulator && {
      simulator: {
        url: simulator.url,
        topUrl: simulator.topUrl,
        qimenUrl: simulator.qimenUrl,
        ...simulator.info,
      },
    }),
  });
}
