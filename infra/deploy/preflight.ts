import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { configurationError } from '../../lib/core/errors.ts';
import { refuseUnpreparedStage } from '../cli/preparedStage.ts';
import { awsClientOptions, regionOf, type StageFlags } from '../cli/stageFlags.ts';
import { projectRoot, readTemplate } from '../local/template.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What a deployment was asked to use, besides the stage. */
export type DeployFlags = StageFlags & {
  /** `name=value` of `--param`. */
  readonly params: Readonly<Record<string, string>>;
};

/**
 * Refuses a deployment that could not work, before anything is created or changed: wrong tool, region, credentials or
 * partition, parameters that are missing, a stage without its secrets or without a shop.
 *
 * @throws CarferryError `configuration` naming what is wrong and the command that repairs it
 */
export async function preflight(flags: DeployFlags, environment: Environment): Promise<void> {
  checkTool();
  awsClientOptions(flags, environment);
  checkParams(flags, environment);
  const region = regionOf(flags, environment);
  await refuseUnpreparedStage({ stage: flags.stage, region }, environment);
}

const packageSchema = z.looseObject({
  version: z.string(),
  devDependencies: z.record(z.string(), z.string()).optional(),
});

/** The deployment tool must be the one the lockfile names. */
function checkTool(): void {
  const wanted = readJson('package.json').devDependencies?.['serverless']?.split('@').at(-1);
  const found = readJson('node_modules/serverless/package.json', true)?.version;
  if (found === wanted) return;
  throw configurationError(
    'serverless',
    found === undefined
      ? 'osls, the deployment tool, is not installed'
      : `osls ${found} is installed, this version of carferry is deployed with ${wanted}`,
    'run: npm ci',
  );
}

function readJson(path: string): z.output<typeof packageSchema>;
function readJson(path: string, optional: true): z.output<typeof packageSchema> | undefined;
function readJson(path: string, optional = false): z.output<typeof packageSchema> | undefined {
  try {
    return packageSchema.parse(JSON.parse(readFileSync(join(projectRoot, path), 'utf8')));
  } catch (error) {
    if (optional) return undefined;
    throw error;
  }
}

/** Parameters that no default can guess, and those that do not fit the region. */
function checkParams(flags: DeployFlags, environment: Environment): void {
  const { params, stage } = flags;
  const { egress } = params;
  if (egress !== undefined && !['none', 'natEip'].includes(egress)) {
    throw configurationError(
      'egress',
      `egress ${egress} is not known`,
      'none, or natEip for a fixed address',
    );
  }
  const wiring = readTemplate(undefined, stage, params);
  const pull = wiring.functions.find(({ name }) => name === 'pullTrades')?.environment ?? {};
  for (const [variable, param] of [
    ['TOP_APP_KEY', 'topAppKey'],
    ['QIMEN_TARGET_APP_KEY', 'qimenTargetAppKey'],
  ] as const) {
    if (pull[variable] !== '') continue;
    throw configurationError(
      param,
      `${param} is not set for stage ${stage}`,
      `add it under params.${stage} in serverless.yml, or deploy with --param ${param}=…`,
    );
  }
  const isChina = regionOf(flags, environment)?.startsWith('cn-') === true;
  if (isChina && params['architecture'] === 'arm64') {
    throw configurationError(
      'architecture',
      'arm64 is not offered for Lambda in every region of China',
      'leave it out (x86_64 is the default there)',
    );
  }
}
