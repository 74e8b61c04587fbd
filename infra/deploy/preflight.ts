import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { configurationError } from '../../lib/core/errors.ts';
import {
  appSecretSchema,
  sessionsDocumentSchema,
  shopsDocumentSchema,
} from '../../lib/lambda/secretsDocuments.ts';
import { regionOf, type StageFlags } from '../cli/stageFlags.ts';
import { openStageSecrets } from '../cli/stageSecrets.ts';
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
 * @returns the sellers that will be ferried
 * @throws CarferryError `configuration` naming what is wrong and the command that repairs it
 */
export async function preflight(flags: DeployFlags, environment: Environment): Promise<string[]> {
  checkTool();
  const secrets = openStageSecrets(flags, environment);
  try {
    checkParams(flags, environment);
    const repair = `--stage ${flags.stage} --region ${regionOf(flags, environment)}`;
    const app = secrets.secret('app', appSecretSchema);
    if ((await app.read()) === undefined) {
      throw missing(app.name, 'the secret of the app', `npm run -s carferry -- app set-secret ${repair}`);
    }
    const shops = secrets.secret('shops', shopsDocumentSchema);
    const known = (await shops.read())?.shops ?? [];
    if (known.length === 0) {
      throw missing(shops.name, 'a shop', `npm run -s carferry -- shops add SHOP ${repair}`);
    }
    const sessions = (await secrets.secret('sessions', sessionsDocumentSchema).read())?.sessions ?? {};
    const without = known.find(({ sellerNick }) => !Object.hasOwn(sessions, sellerNick));
    if (without !== undefined) {
      const command = `npm run -s carferry -- shops set-session ${without.sellerNick} ${repair}`;
      throw missing(shops.name, `the session of ${without.sellerNick}`, command);
    }
    return known.map(({ sellerNick }) => sellerNick);
  } finally {
    secrets.close();
  }
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
  if (egress !== undefined && !existsSync(join(projectRoot, 'infra', 'egress', `${egress}.yml`))) {
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

function missing(field: string, what: string, command: string): Error {
  return configurationError(field, `this stage lacks ${what} (${field})`, `run: ${command}`);
}
