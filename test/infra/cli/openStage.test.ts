import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStage } from '../../../infra/cli/openStage.ts';
import { createResources } from '../../../infra/local/resources.ts';
import { readTemplate } from '../../../infra/local/template.ts';
import { startTestEngines, type TestEngines } from '../../support/engines.ts';

let engines: TestEngines;

beforeAll(async () => {
  engines = await startTestEngines();
  const { dynamoDb, sqs } = engines;
  const sqsUrl = await urlOf(sqs);
  await createResources(readTemplate(undefined, 'dev'), { dynamoDb, sqs, embeddedSqsUrl: sqsUrl });
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', await urlOf(dynamoDb));
  vi.stubEnv('AWS_ENDPOINT_URL_SQS', sqsUrl);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await engines.close();
});

async function urlOf(client: Pick<TestEngines['dynamoDb'], 'config'> | TestEngines['sqs']): Promise<string> {
  const endpoint = await client.config.endpoint?.();
  return `http://${endpoint?.hostname}:${endpoint?.port}`;
}

describe('a stage on AWS', () => {
  it('is opened by the names of its tables and queues, with the stores of a data folder', async () => {
    const stage = await openStage({ stage: 'dev', region: 'cn-north-1' }, {});
    const order = await stage.stores.orders.read('4277659395456225432');

    expect(order).toBeUndefined();
    expect([...stage.queueUrls.keys()]).toContain('carferry-dev-orders-dead');
    expect([...stage.queueUrls.values()].every((url) => URL.canParse(url))).toBe(true);
    expect(stage.wiring.stage).toBe('dev');
    await stage.close();
  });

  it.each([
    ['another stage', { stage: 'prod', region: 'cn-north-1' }, /no stage prod in cn-north-1/],
    ['no region', { stage: 'dev' }, /no region/],
    ['a word that is no region', { stage: 'dev', region: 'peking' }, /peking is no region/],
    ['a stage that cannot be one', { stage: 'dev/x', region: 'cn-north-1' }, /--stage is malformed/],
  ])('is refused with a hint: %s', async (_case, flags, message) => {
    const opening = openStage(flags, {});

    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toMatchObject({ reason: 'configuration' });
  });

  it('is refused when a part of it is missing', async () => {
    const [orders] = readTemplate(undefined, 'half').tables;
    await engines.dynamoDb.send(
      new CreateTableCommand(orders?.create ?? { TableName: '', KeySchema: [], AttributeDefinitions: [] }),
    );

    await expect(openStage({ stage: 'half', region: 'cn-north-1' }, {})).rejects.toThrow(/no stage half/);
  });
});
