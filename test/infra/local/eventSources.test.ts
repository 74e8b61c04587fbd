import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Engines, startEngines } from '../../../infra/local/engines.ts';
import { type EventSource, startEventSource } from '../../../infra/local/eventSources.ts';
import { queueDepths } from '../../../infra/local/queueDepths.ts';
import { createResources } from '../../../infra/local/resources.ts';
import type { QueueWiring, Wiring } from '../../../infra/local/template.ts';
import { systemClock } from '../../../lib/core/clock.ts';

const queues: QueueWiring[] = [
  {
    name: 'work',
    attributes: { VisibilityTimeout: '1' },
    redrive: { deadLetterQueue: 'work-dead', maxReceiveCount: 2 },
  },
  { name: 'work-dead', attributes: {} },
];
const wiring: Wiring = {
  service: 'test',
  stage: 'test',
  functions: [],
  tables: [],
  schedules: [],
  sources: [],
  routes: [],
  queues,
};
const identity = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

let engines: Engines;
let sqs: SQSClient;
let urls: ReadonlyMap<string, string>;
let source: EventSource | undefined;

beforeAll(async () => {
  engines = await startEngines();
  sqs = new SQSClient({ ...identity, endpoint: engines.sqsUrl });
});
beforeEach(async () => {
  const dynamoDb = new DynamoDBClient({ ...identity, endpoint: engines.dynamoDbUrl });
  urls = await createResources(wiring, { dynamoDb, sqs, embeddedSqsUrl: engines.sqsUrl });
});
afterEach(async () => {
  await source?.stop();
});
afterAll(async () => {
  sqs.destroy();
  await engines.close();
});

function start(
  handle: (event: SQSEvent) => Promise<unknown>,
  limits: { batchSize?: number; windowMs?: number } = {},
) {
  const failures: unknown[] = [];
  source = startEventSource(
    {
      function: 'work',
      queue: 'work',
      batchSize: limits.batchSize ?? 10,
      windowMs: limits.windowMs ?? 0,
      maximumConcurrency: 2,
    },
    {
      sqs,
      queueUrl: urls.get('work') ?? '',
      region: 'us-east-1',
      clock: systemClock,
      // The event source builds SQS events and nothing else.
      invoke: async (_name, event) => handle(JSON.parse(JSON.stringify(event))),
      onFailure: (_source, error) => failures.push(error),
    },
  );
  return failures;
}

async function send(...bodies: string[]): Promise<void> {
  const Entries = bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl: urls.get('work'), Entries }));
}

async function depth() {
  const [work] = await queueDepths(sqs, urls, queues);
  return work;
}

const bodiesOf = (event: SQSEvent): string[] => event.Records.map(({ body }) => body);

describe('an SQS event source', () => {
  it('calls the function with records of the real shape and deletes them when it is done', async () => {
    const events: SQSEvent[] = [];
    start(async (event) => {
      events.push(event);
      return { batchItemFailures: [] };
    });

    await send('a', 'b', 'c');

    await expect.poll(depth).toEqual({ name: 'work', waiting: 0, dead: 0 });
    const records = events.flatMap(({ Records }) => Records);
    expect(records.map(({ body }) => body).toSorted()).toEqual(['a', 'b', 'c']);
    expect(records[0]).toMatchObject({
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:work',
      awsRegion: 'us-east-1',
      messageAttributes: {},
      attributes: { ApproximateReceiveCount: '1' },
    });
    expect(
      records.every(({ messageId, receiptHandle, md5OfBody }) => messageId && receiptHandle && md5OfBody),
    ).toBe(true);
  });

  it('brings back only what was reported failed, after its visibility', async () => {
    const seen: string[] = [];
    start(async (event) => {
      seen.push(...bodiesOf(event));
      const failed = event.Records.filter(
        ({ body, attributes }) => body === 'late' && attributes.ApproximateReceiveCount === '1',
      );
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    });

    await send('fine', 'late');

    await expect.poll(depth, { timeout: 8000 }).toEqual({ name: 'work', waiting: 0, dead: 0 });
    expect(seen.toSorted()).toEqual(['fine', 'late', 'late']);
  });

  it('keeps the batch when the function throws, and the queue moves it to the dead letters', async () => {
    const failures = start(async () => {
      throw new Error('broken');
    });

    await send('poison');

    await expect.poll(depth, { timeout: 10_000 }).toEqual({ name: 'work', waiting: 0, dead: 1 });
    expect(failures).toHaveLength(2);
    await source?.stop();
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: urls.get('work-dead') }));
    expect(Messages?.map(({ Body }) => Body)).toEqual(['poison']);
  });

  it('takes an unknown identifier as a failure of the whole batch', async () => {
    let calls = 0;
    start(async () => {
      calls += 1;
      return calls === 1 ? { batchItemFailures: [{ itemIdentifier: 'nobody' }] } : {};
    });

    await send('again');

    await expect.poll(() => calls, { timeout: 8000 }).toBe(2);
    await expect.poll(depth).toMatchObject({ waiting: 0 });
  });

  it('gathers a batch for as long as its window', async () => {
    const sizes: number[] = [];
    start(
      async (event) => {
        sizes.push(event.Records.length);
        return {};
      },
      { batchSize: 4, windowMs: 2000 },
    );

    await send('1', '2');
    await send('3', '4');

    await expect.poll(() => sizes, { timeout: 8000 }).toEqual([4]);
  });

  it('finishes the batch in hand when it is stopped', async () => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let begun = false;
    start(async () => {
      begun = true;
      await released;
      return {};
    });
    await send('slow');
    await expect.poll(() => begun).toBe(true);

    const stopping = source?.stop();
    release();
    await stopping;

    expect(source?.inHand()).toBe(0);
    expect(await depth()).toMatchObject({ waiting: 0 });
  });
});
