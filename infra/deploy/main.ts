import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { CarferryError } from '../../lib/core/errors.ts';
import { awsClientOptions, type StageFlags } from '../cli/stageFlags.ts';
import { projectRoot } from '../local/template.ts';
import { preflight } from './preflight.ts';

/*
 * `npm run deploy -- --stage STAGE --region REGION`: checks, packages, deploys with osls, looks whether it answers.
 * Exit codes: 0; 1 when a step failed; 2 when it was refused before anything was created.
 */

type Flags = StageFlags & {
  readonly param?: Readonly<Record<string, string>>;
  readonly dryRun?: boolean;
  readonly remove?: boolean;
  readonly rollback?: string | boolean;
};

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const program = new Command('npm run deploy --')
  .description('Puts carferry into an AWS account, or takes it out again.')
  .requiredOption('--stage <stage>', 'dev, prod, …: part of every name')
  .option('--region <region>', 'region of AWS (default: AWS_REGION); cn-north-1 and cn-northwest-1 for China')
  .option('--param <name=value>', 'a parameter of serverless.yml; may be repeated', addParam)
  .option('--dry-run', 'checks and packages, deploys nothing')
  .option('--rollback [timestamp]', 'puts a former deployment back; without a timestamp lists them')
  .option('--remove', 'removes the stage; tables that are protected stay')
  .addHelpText(
    'after',
    `
Examples:
  npm run deploy -- --stage dev --region ap-southeast-1 --param topAppKey=12345678 --param qimenTargetAppKey=23456789
  npm run deploy -- --stage prod --region cn-north-1 --param egress=natEip --dry-run
  npm run deploy -- --stage prod --region cn-north-1 --rollback
`,
  )
  .exitOverride();

function addParam(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name, value] = /^([A-Za-z]\w*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('expected name=value.');
  return { ...before, [name]: value };
}

/** Runs a program of this checkout; its output is the user's. */
function run(step: string, args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, {
    cwd: projectRoot,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, SLS_NOTIFICATIONS_MODE: 'off', SLS_TELEMETRY_DISABLED: '1' },
  });
  if (status !== 0) throw new Error(`${step} failed (exit code ${status})`);
}

const osls = join('node_modules', 'serverless', 'bin', 'serverless.js');

async function deploy(flags: Flags, region: string): Promise<void> {
  const { stage, param = {} } = flags;
  await preflight({ stage, region, params: param }, process.env);
  say(`checked: tool, parameters, secrets, shops, region ${region}`);
  const where = ['--stage', stage, '--region', region];
  const params = Object.entries(param).flatMap(([name, value]) => ['--param', `${name}=${value}`]);
  const folder = join('dist', 'package');
  run('packaging', ['tools/package.ts', ...where, ...params, '--package', folder]);
  if (flags.dryRun === true) {
    say(`packaged into ${folder}; nothing was deployed`);
    return;
  }
  run('deployment', [osls, 'deploy', ...where, ...params, '--package', folder]);
  await report(stage, region);
}

async function report(stage: string, region: string): Promise<void> {
  const client = new CloudFormationClient(awsClientOptions({ stage, region }, process.env));
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: `carferry-${stage}` }));
  client.destroy();
  const outputs = new Map(Stacks[0]?.Outputs?.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  const url = outputs.get('HttpApiUrl');
  say('');
  say(`webhook      ${url}/qimen?shop=SELLER_NICK   (for the Qimen console)`);
  if (outputs.has('EgressAddress'))
    say(`address      ${outputs.get('EgressAddress')}   (for the IP white list of the app)`);
  say(`alarms       subscribe to ${outputs.get('AlarmTopicArn')}`);
  say(`look         npm run -s carferry -- status --stage ${stage} --region ${region}`);
  if (process.env['AWS_ENDPOINT_URL']) {
    say('health       not asked: AWS_ENDPOINT_URL names another server than AWS');
    return;
  }
  const reply = await fetch(`${url}/health`, { signal: AbortSignal.timeout(20_000) }).catch(() => undefined);
  if (reply?.ok !== true && region.startsWith('cn-')) {
    say(
      'health       no answer: in China public addresses answer only accounts with an ICP licence (README, "China")',
    );
    return;
  }
  if (reply?.ok !== true) {
    throw new Error(
      `deployed, but ${url}/health does not answer: see docs/runbook.md, FunctionErrors, or roll back`,
    );
  }
  say(`health       ${await reply.text()}`);
}

function rollBack({ stage, rollback }: Flags, region: string): void {
  const where = ['--stage', stage, '--region', region];
  if (typeof rollback === 'string') run('rollback', [osls, 'rollback', ...where, '--timestamp', rollback]);
  else run('listing', [osls, 'deploy', 'list', ...where]);
}

async function main(): Promise<void> {
  await program.parseAsync();
  const flags = program.opts<Flags>();
  const region = awsClientOptions(flags, process.env).region;
  if (flags.remove === true) run('removal', [osls, 'remove', '--stage', flags.stage, '--region', region]);
  else if (flags.rollback !== undefined) rollBack(flags, region);
  else await deploy(flags, region);
}

function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const hint = error instanceof CarferryError && error.hint !== undefined ? `\n  ${error.hint}` : '';
  say(`error: ${error instanceof Error ? error.message : String(error)}${hint}`);
  return error instanceof CarferryError && error.reason === 'configuration' ? 2 : 1;
}

try {
  await main();
} catch (error) {
  process.exitCode = explain(error);
}
