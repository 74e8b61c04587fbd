import { type CarferryError, configurationError, toCarferryError } from '../../lib/core/errors.ts';

/** A stage on AWS, as the commands name it. */
export type StageFlags = { readonly stage: string; readonly region?: string | undefined };

type Environment = Readonly<Record<string, string | undefined>>;

/** The region of `--region`, else of the environment. */
export function regionOf({ region }: StageFlags, environment: Environment): string | undefined {
  return region || environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'] || undefined;
}

/**
 * Options of every AWS client of the commands: a person waits, so few tries and short ones.
 * @throws CarferryError `configuration` without a region, or for a stage or region that cannot be one
 */
export function awsClientOptions(flags: StageFlags, environment: Environment) {
  if (!/^[a-z][a-z0-9-]{0,19}$/i.test(flags.stage)) {
    throw configurationError('--stage', '--stage is malformed: letters, digits and hyphens, at most 20');
  }
  const region = regionOf(flags, environment);
  if (region === undefined) {
    throw configurationError(
      '--region',
      'no region: neither --region nor AWS_REGION says where the stage is',
      'add --region, e.g. --region cn-north-1',
    );
  }
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) {
    throw configurationError('--region', `${region} is no region of AWS`, 'e.g. --region cn-north-1');
  }
  return {
    region,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  };
}

const NO_CREDENTIALS = new Set(['CredentialsProviderError', 'TokenProviderError', 'ProviderError']);
const REFUSED = new Set([
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
  'ExpiredTokenException',
  'ExpiredToken',
  'AccessDeniedException',
  'AccessDenied',
]);
const ABSENT = /^(ResourceNotFound(Exception)?|QueueDoesNotExist|AWS\.SimpleQueueService\.NonExistentQueue)$/;
const UNREACHABLE = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|TimeoutError)$/;

/** What a failure of AWS means to whoever typed the command; anything else stays what it is. */
export function explainAws(thrown: unknown, flags: StageFlags, environment: Environment): CarferryError {
  const where = regionOf(flags, environment) ?? 'an unknown region';
  const name = thrown instanceof Error ? thrown.name : '';
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  if (ABSENT.test(name)) {
    return configurationError(
      '--stage',
      `there is no stage ${flags.stage} in ${where}`,
      `deploy it, or name another with --stage and --region: npm run deploy -- --stage ${flags.stage} --region ${where}`,
    );
  }
  if (NO_CREDENTIALS.has(name)) {
    return configurationError(
      'AWS_PROFILE',
      'no AWS credentials were found',
      'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    );
  }
  if (REFUSED.has(name)) {
    return configurationError(
      'AWS_PROFILE',
      `AWS refuses these credentials in ${where}: ${name}`,
      'check the profile, its partition (aws or aws-cn) and its permissions',
    );
  }
  if (UNREACHABLE.test(code) || UNREACHABLE.test(name)) {
    return configurationError(
      '--region',
      `AWS does not answer in ${where}: ${code || name}`,
      'check the name of the region and the network',
    );
  }
  return toCarferryError(thrown);
}
