import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
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
import { startFailingProxy } from './failingProxy.ts';
import { startMoto } from './servers.ts';

const root = join(import.meta.dirname, '../..');
const STACK = 'carferry-dev';
const REGION = 'ap-southeast-1';
/** Template variants that cfn-lint reads: a region with everything, and China. */
const LINTED_REGIONS = ['ap-southeast-1', 'cn-north-1', 'cn-northwest-1'];
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

type Options = { readonly variables?: Readonly<Record<string, string>>; readonly input?: string };

function attempt(program: string, args: readonly string[], { variables, input = '' }: Options = {}) {
  return spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    input,
    env: { ...process.env, SLS_NOTIFICATIONS_MODE: 'off', SLS_TELEMETRY_DISABLED: '1', ...variables },
  });
}

/** What the program wrote, of both kinds; throws with it when it failed. */
function run(program: string, args: readonly string[], options: Options = {}): string {
  const { status, stdout, stderr } = attempt(program, args, options);
  const text = `${stdout}${stderr}`;
  if (status !== 0) throw new Error(`${args.slice(0, 3).join(' ')} ended with exit code ${status}\n${text}`);
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

/**
 * As the README says it: secrets, a shop, deployment, a look, deployment again without a change, deployments that are
 * refused or fail half-way and leave everything as it is, a change, the way back, removal, nothing left.
 */
export async function deployAndRemove(): Promise<void> {
  const moto = await startMoto();
  const variables = {
    AWS_ENDPOINT_URL: moto.url,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const where = ['--stage', 'dev', '--region', REGION];
  const deploy = (...more: readonly string[]) => [
    'infra/deploy/main.ts',
    ...where,
    ...['--param', 'topAppKey=12345678', '--param', 'qimenTargetAppKey=23456789', ...more],
  ];
  const carferry = (...command: readonly string[]) => ['infra/cli/main.ts', ...command, ...where];
  const node = (args: readonly string[], input = '') => run(process.execPath, args, { variables, input });
  const refuse = (args: readonly string[], field: string): void => {
    const { status, stderr } = attempt(process.execPath, args, { variables, input: '' });
    if (status !== 2 || !stderr.includes(field))
      throw new Error(`not refused for ${field}: ${status} ${stderr}`);
  };
  try {
    refuse(deploy(), 'carferry-dev/app');
    node(carferry('app', 'set-secret'), 'not-a-secret');
    refuse(deploy(), 'shops add SHOP');
    node(carferry('shops', 'add', '测试旗舰店'), 'session-1');
    node(deploy());
    await expectDeployed(moto.url);
    const before = await resourceIds(moto.url);
    const again = node(deploy());
    if (!again.includes('No changes to deploy'))
      throw new Error(`a second deployment changed something:\n${again}`);
    refuse(deploy('--param', 'egress=unknown'), 'egress');
    expectSame('resources after a second deployment', await resourceIds(moto.url), before);
    await failHalfWay(moto.url, deploy('--param', 'rate=7'), variables);
    expectSame('resources after a deployment that failed', await resourceIds(moto.url), before);
    expectSame('rate after a deployment that failed', await ratesSet(moto.url), ['5']);
    node(carferry('status'));
    node(deploy('--param', 'rate=7'));
    expectSame('rate after the deployment', await ratesSet(moto.url), ['7']);
    const [, first = ''] =
      /Timestamp: (\d+)/.exec(node(['infra/deploy/main.ts', ...where, '--rollback'])) ?? [];
    node(['infra/deploy/main.ts', ...where, '--rollback', first]);
    expectSame('rate after going back', await ratesSet(moto.url), ['5']);
    node(['infra/deploy/main.ts', ...where, '--remove']);
    await expectNothingLeft(moto.url);
  } finally {
    await moto.stop();
  }
}

/** Everything is packaged and sent, then AWS refuses the change itself. */
async function failHalfWay(
  endpoint: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  const proxy = await startFailingProxy(endpoint, /Action=(ExecuteChangeSet|UpdateStack)\b/);
  try {
    const child = spawn(process.execPath, args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, SLS_NOTIFICATIONS_MODE: 'off', ...variables, AWS_ENDPOINT_URL: proxy.url },
    });
    const [text, [code]] = await Promise.all([
      Promise.all([readText(child.stdout), readText(child.stderr)]).then((parts) => parts.join('')),
      once(child, 'close'),
    ]);
    if (code === 0 || !text.includes('refused by a test'))
      throw new Error(`a deployment that AWS refused ended with ${code}\n${text}`);
  } finally {
    await proxy.close();
  }
}

/** The different values of CARFERRY_RATE among the functions that have one. */
async function ratesSet(endpoint: string): Promise<string[]> {
  const { Functions = [] } = await clients(endpoint).lambda.send(new ListFunctionsCommand({}));
  const rates = Functions.flatMap(({ Environment }) => Environment?.Variables?.['CARFERRY_RATE'] ?? []);
  return [...new Set(rates)].toSorted();
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
