import type * as z from 'zod';
import { type Clock, systemClock } from '../core/clock.ts';
import { toCarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { readEnvironment } from './environment.ts';
import { createLog } from './log.ts';
import {
  type Environment,
  isOnLambda,
  readLocalSecrets,
  readStageSecrets,
  type SecretVariables,
} from './secrets.ts';
import { createSecretsCache } from './secretsCache.ts';
import { createReadSecret } from './secretsManager.ts';

/** Four minutes and what a slow refresh takes stay below five. */
const STAGE_MAX_AGE_MS = 240_000;
/** Looking into a folder costs nothing. */
const LOCAL_MAX_AGE_MS = 2_000;
/** After secrets that could not be used. */
const TRY_AGAIN_MS = 30_000;

type StartOptions = {
  readonly readSecrets?: () => Promise<SecretVariables>;
  readonly clock?: Clock;
  readonly log?: Log;
};

/**
 * Like `coldStart`, with a configuration that may change while the process lives: what `build` makes is kept until a
 * secret changes, and then made anew. Running invocations keep what they began with. A changed secret that cannot be
 * used leaves the former one in force, with a line in the log.
 *
 * @param environment read at the first call, not before
 * @returns throws what `readEnvironment` and `readStageSecrets` throw, as long as nothing was ever built
 */
export function configuredStart<Schema extends z.ZodType, T>(
  schema: Schema,
  environment: Environment,
  build: (config: z.output<Schema>) => T | Promise<T>,
  options: StartOptions = {},
): () => Promise<T> {
  const { clock = systemClock } = options;
  const log = (): Log => options.log ?? createLog(functionNameOf(environment));
  let secrets: (() => Promise<SecretVariables>) | undefined;
  let current:
    | { readonly version: string; readonly built: Promise<T>; readonly holdsUntil?: number }
    | undefined;

  function createCache(): () => Promise<SecretVariables> {
    const onLambda = isOnLambda(environment);
    const readSecret = createReadSecret();
    const read = onLambda
      ? () => readStageSecrets(environment, readSecret)
      : async () => readLocalSecrets(environment);
    const maxAgeMs = onLambda ? STAGE_MAX_AGE_MS : LOCAL_MAX_AGE_MS;
    return createSecretsCache({ read: options.readSecrets ?? read, maxAgeMs, clock, log });
  }

  return async () => {
    secrets ??= createCache();
    const variables = (await secrets())(clock.now());
    const version = JSON.stringify(variables);
    const former = current;
    if (former !== undefined) {
      if (former.version === version || clock.now() < (former.holdsUntil ?? 0)) return former.built;
    }
    const built = Promise.resolve()
      .then(() => build(readEnvironment(schema, { ...environment, ...variables })))
      .catch((thrown: unknown) => {
        current = former === undefined ? undefined : { ...former, holdsUntil: clock.now() + TRY_AGAIN_MS };
        if (former === undefined) throw thrown;
        const { reason, field, hint } = toCarferryError(thrown);
        log().error('secrets-not-usable', { reason, field, hint });
        return former.built;
      });
    current = { version, built };
    return built;
  };
}

/** `pullTrades` of `carferry-dev-pullTrades`, as the function's other lines have it. */
function functionNameOf(environment: Environment): string {
  return environment['AWS_LAMBDA_FUNCTION_NAME']?.split('-').at(-1) ?? 'carferry';
}
