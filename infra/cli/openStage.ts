import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { configurationError } from '../../lib/core/errors.ts';
import { createKms } from '../../lib/lambda/awsClients.ts';
import { dataKeyVariable } from '../../lib/lambda/environment.ts';
import { createDataKeys } from '../../lib/privacy/dataKeys.ts';
import { createKmsRoot } from '../../lib/privacy/kmsRoot.ts';
import { createLocalRoot, type RootKey } from '../../lib/privacy/rootKey.ts';
import { fingerprint } from '../local/dataFolder.ts';
import { createStores } from '../local/stores.ts';
import { readTemplate } from '../local/template.ts';
import type { OpenData } from './openData.ts';
import { awsClientOptions, explainAws, type StageFlags } from './stageFlags.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Opens a stage on AWS in the shape of {@link OpenData}: tables and queues by their names `carferry-<stage>-…`.
 * Commands do not call it: `withDataOption(command)` gives a command `--data`, `--stage` and `--region`, and
 * `withData(flags, work)` opens whichever was named. Credentials come from where the AWS command line has them.
 * @throws CarferryError `configuration`: no region, no credentials, a region that does not answer, no such stage
 */
export async function openStage(flags: StageFlags, environment: Environment): Promise<OpenData> {
  const wiring = readTemplate(undefined, flags.stage);
  const options = awsClientOptions(flags, environment);
  const dynamoDb = new DynamoDBClient(options);
  // A server that the environment names wins over the host in the addresses of its queues.
  const useQueueUrlAsEndpoint = !environment['AWS_ENDPOINT_URL_SQS'];
  const sqs = new SQSClient({ ...options, useQueueUrlAsEndpoint });
  const close = async (): Promise<void> => {
    dynamoDb.destroy();
    sqs.destroy();
  };
  try {
    const name = (noun: string): string => `${wiring.service}-${flags.stage}-${noun}`;
    await dynamoDb.send(new DescribeTableCommand({ TableName: name('orders') }));
    const queueUrls = new Map(
      await Promise.all(
        wiring.queues.map(async ({ name: QueueName }): Promise<[string, string]> => {
          const { QueueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
          return [QueueName, QueueUrl];
        }),
      ),
    );
    const stores = createStores(dynamoDb, wiring);
    const key = environment['CARFERRY_DATA_KEY'] ?? '';
    // The alias of infra/keys.yml; a data key is only for stages that were sealed without KMS.
    const root = (): RootKey =>
      key === ''
        ? createKmsRoot(createKms(options), `alias/${wiring.service}-${flags.stage}`)
        : createLocalRoot(masterKey(key));
    return {
      wiring,
      stamp: { v: 1, origin: { gateway: 'real', appKey: flags.stage }, keyFingerprint: fingerprint(key) },
      stores,
      dynamoDb,
      sqs,
      queueUrls,
      attachedTo: undefined,
      pageUrl: undefined,
      root,
      keys: () => createDataKeys({ root: root(), table: stores.keys }),
      close,
    };
  } catch (thrown) {
    await close();
    throw explainAws(thrown, flags, environment);
  }
}

function masterKey(text: string): Uint8Array {
  const key = dataKeyVariable.safeParse(text);
  if (key.success) return key.data;
  throw configurationError(
    'CARFERRY_DATA_KEY',
    'CARFERRY_DATA_KEY is malformed: expected 32 bytes in base64',
  );
}
