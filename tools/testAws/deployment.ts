import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { functionNames } from '../bundle.ts';
import { pythonFolder } from './cache.ts';
import { startMoto } from './servers.ts';

const root = join(import.meta.dirname, '../..');
const STACK = 'carferry-dev';
const REGION = 'ap-southeast-1';
/** Template variants that cfn-lint reads: a region with everything, and China. */
const LINTED_REGIONS = ['ap-southeast-1', 'cn-north-1', 'cn-northwest-1'];
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

function run(program: string, args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, SLS_NOTIFICATIONS_MODE: 'off', SLS_TELEMETRY_DISABLED: '1', ...variables },
  });
  const text = `${stdout}${stderr}`;
  if (status !== 0) throw new Error(`${args.slice(0, 2).join(' ')} ended with exit code ${status}\n${text}`);
  return text;
}

/** A folder with the package of stage dev; the caller removes it. */
function packageStage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'carferry-package-'));
  run(process.execPath, ['tools/package.ts', '--stage', 'dev', '--region', REGION, '--package', folder]);
  return folder;
}

/** cfn-lint over the packaged template, for every partition. */
export async function lintTemplate(): Promise<void> {
  const cfnLint = join(pythonFolder(), 'bin/cfn-lint');
  const folder = packageStage();
  try {
    const template = join(folder, 'cloudformation-template-update-stack.json');
    // W3005: osls notes an order that a GetAtt says already.
    run(cfnLint, ['--template', template, '--ignore-checks', 'W3005', '--regions', ...LINTED_REGIONS]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Deploys, checks what is there, deploys again without a change, removes, checks that nothing is left. */
export async function deployAndRemove(): Promise<void> {
  const moto = await startMoto();
  const variables = {
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const osls = (...args: readonly string[]): string =>
    run(
      process.execPath,
      ['node_modules/serverless/bin/serverless.js', ...args, '--stage', 'dev', '--region', REGION],
      variables,
    );
  const folder = packageStage();
  try {
    osls('deploy', '--package', folder);
    await expectDeployed(moto.url);
    const before = await resourceIds(moto.url);
    const again = osls('deploy', '--package', folder);
    if (!/No changes|has not changed|deployment skipped/i.test(again))
      throw new Error(`a second deployment changed something:\n${again}`);
    expectSame('resources after a second deployment', await resourceIds(moto.url), before);
    osls('remove');
    await expectNothingLeft(moto.url);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await moto.stop();
  }
}

function clients(endpoint: string) {
  const settings = { endpoint, region: REGION, credentials };
  return {
    cloudFormation: new CloudFormationClient(settings),
    dynamoDb: new DynamoDBClient(settings),
    lambda: new LambdaClient(settings),
    sqs: new SQSClient(settings),
  };
}

async function names(endpoint: string) {
  const { dynamoDb, lambda, sqs } = clients(endpoint);
  const { TableNames = [] } = await dynamoDb.send(new ListTablesCommand({}));
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  return {
    tables: TableNames.toSorted(),
    queues: QueueUrls.map((url) => url.split('/').at(-1) ?? '').toSorted(),
    functions: Functions.map(({ FunctionName = '' }) => FunctionName).toSorted(),
  };
}

async function resourceIds(endpoint: string): Promise<string[]> {
  const { cloudFormation } = clients(endpoint);
  const { StackResourceSummaries = [] } = await cloudFormation.send(
    new ListStackResourcesCommand({ StackName: STACK }),
  );
  return StackResourceSummaries.map(
    (resource) => `${resource.LogicalResourceId} ${resource.PhysicalResourceId}`,
  ).toSorted();
}

async function expectDeployed(endpoint: string): Promise<void> {
  const { cloudFormation } = clients(endpoint);
  const { Stacks = [] } = await cloudFormation.send(new DescribeStacksCommand({ StackName: STACK }));
  const outputs = new Set(Stacks[0]?.Outputs?.map(({ OutputKey }) => OutputKey));
  if (!outputs.has('HttpApiUrl'))
    throw new Error(`no address of the webhook among the outputs: ${[...outputs].join(', ')}`);
  const found = await names(endpoint);
  expectSame(
    'functions',
    found.functions,
    functionNames()
      .map((name) => `${STACK}-${name}`)
      .toSorted(),
  );
  if (found.tables.length < 9 || found.queues.length < 7) {
    throw new Error(`deployed only ${found.tables.length} tables and ${found.queues.length} queues`);
  }
}

async function expectNothingLeft(endpoint: string): Promise<void> {
  const { cloudFormation } = clients(endpoint);
  const stack = await cloudFormation
    .send(new DescribeStacksCommand({ StackName: STACK }))
    .catch(() => undefined);
  if (stack !== undefined) throw new Error('the stack is still there after the removal');
  expectSame('left after the removal', await names(endpoint), { tables: [], queues: [], functions: [] });
}

function expectSame(what: string, found: unknown, wanted: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (left !== right) throw new Error(`${what}: found ${left}, expected ${right}`);
}
