import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { vi } from 'vitest';
import { type QueueMessage, queueMessageSchema } from '../../lib/domain/queueMessage.ts';
import { createDuesTable } from '../../lib/store/duesTable.ts';
import { createStreamsTable } from '../../lib/store/streamsTable.ts';
import { startFunctionBench } from './functionBench.ts';
import { startGatewayStub } from './gatewayStub.ts';

/** Real tables and queues, a stub of TOP, and the environment that a deployed pull function would see. */
export async function startPullFunctionBench(answers: Parameters<typeof startGatewayStub>[0]) {
  const gateway = await startGatewayStub(answers);
  const bench = await startFunctionBench(gateway.url);
  const { engines, environment } = bench;
  const streamsTable = await engines.createTable('StreamsTable');
  const variables = { ...environment, STREAMS_TABLE: streamsTable };
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);

  return {
    gateway,
    streams: createStreamsTable(engines.dynamoDb, streamsTable),
    dues: createDuesTable(engines.dynamoDb, environment['DUES_TABLE'] ?? ''),
    /** Everything that waits in a queue, by the name of its variable. */
    async messagesIn(variable: string): Promise<QueueMessage[]> {
      const QueueUrl = Object.entries(variables).find(([name]) => name === variable)?.[1];
      const messages: QueueMessage[] = [];
      for (;;) {
        const { Messages = [] } = await engines.sqs.send(
          new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 0 }),
        );
        if (Messages.length === 0) return messages;
        messages.push(...Messages.map(({ Body }) => queueMessageSchema.parse(JSON.parse(String(Body)))));
      }
    },
    async close() {
      vi.unstubAllEnvs();
      await bench.close();
      await gateway.close();
    },
  };
}

export type PullFunctionBench = Awaited<ReturnType<typeof startPullFunctionBench>>;
