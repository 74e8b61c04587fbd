import type { Settings } from './settings.ts';
import type { EnvironmentValue, Wiring } from './template.ts';

/** What the environment of the functions depends on, besides the template. */
export type EnvironmentParts = {
  readonly settings: Settings;
  /** Variables of the gateway: the user's, or the simulator's invented ones. */
  readonly gateway: Readonly<Record<string, string>>;
  readonly simulated: boolean;
  readonly dataKey: string;
  readonly dynamoDbUrl: string;
  readonly sqsUrl: string;
  readonly queueUrl: (queue: string) => string;
  /** Shops that `carferry shops` has set; undefined when nothing is kept. */
  readonly shopsFolder?: string | undefined;
};

/** The simulator has no limit worth keeping and no rows that settle late. */
const SIMULATED = { CARFERRY_RATE: '1000', SETTLE_SECONDS: '5' };
const QUIET = { LOG_LEVEL: 'ERROR' };

/**
 * The variables of all functions in one environment: they share a process here. A tunable that the caller's
 * environment sets wins over the template.
 */
export function functionEnvironment(
  wiring: Wiring,
  parts: EnvironmentParts,
  given: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const { settings } = parts;
  const declared: Record<string, string> = {};
  for (const { name, environment } of wiring.functions) {
    for (const [key, value] of Object.entries(environment)) {
      const text = textOf(value, parts);
      if (declared[key] !== undefined && declared[key] !== text) {
        throw new Error(`serverless.yml: ${name} wants another ${key} than the functions before it`);
      }
      declared[key] = text;
    }
  }
  const tunables = Object.keys(declared).filter((key) => !/_(TABLE|QUEUE_URL)$/.test(key));
  const chosen = [...tunables, 'CARFERRY_RATE'].flatMap((key) => (given[key] ? [[key, given[key]]] : []));
  const secret = settings.qimenSecret ?? parts.gateway['TOP_APP_SECRET'] ?? '';
  return {
    ...declared,
    ...QUIET,
    ...(parts.simulated ? SIMULATED : {}),
    ...Object.fromEntries(chosen),
    ...parts.gateway,
    CARFERRY_QIMEN_SECRET: secret,
    CARFERRY_DATA_KEY: parts.dataKey,
    CARFERRY_LOCAL: '1',
    ...(parts.shopsFolder === undefined ? {} : { CARFERRY_SHOPS_FOLDER: parts.shopsFolder }),
    AWS_ENDPOINT_URL_DYNAMODB: parts.dynamoDbUrl,
    AWS_ENDPOINT_URL_SQS: parts.sqsUrl,
    ...awsIdentity(settings, given),
  };
}

/** The embedded servers accept anybody; real ones named by AWS_ENDPOINT_URL_* get the caller's identity. */
function awsIdentity(
  settings: Settings,
  given: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const invented = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_EC2_METADATA_DISABLED: 'true',
  };
  if (settings.dynamoDbUrl === undefined && settings.sqsUrl === undefined) return invented;
  const region = given['AWS_REGION'] || given['AWS_DEFAULT_REGION'] || invented.AWS_REGION;
  if (given['AWS_ACCESS_KEY_ID'] || given['AWS_PROFILE']) return { AWS_REGION: region };
  return { ...invented, AWS_REGION: region };
}

function textOf(value: EnvironmentValue, { queueUrl }: EnvironmentParts): string {
  return typeof value === 'string' ? value : queueUrl(value.queue);
}
