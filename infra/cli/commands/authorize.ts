import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { CarferryError, configurationError } from '../../../lib/core/errors.ts';
import type { AuthToken } from '../../../lib/top/apis/topAuthToken.ts';
import { withAppSecret } from '../appSecrets.ts';
import { type DataFlags, say, withDataOption, withExamples, write } from '../command.ts';
import { authoriseAddress, codeOf, exchange } from '../exchangeCode.ts';
import { type OpenRegistry, withRegistry } from '../openRegistry.ts';
import { readSecret } from '../readSecret.ts';
import { storeToken } from '../storeToken.ts';

type AuthorizeFlags = DataFlags & {
  readonly shop?: string;
  readonly code?: boolean;
  readonly refresh?: boolean;
  readonly redirectUri?: string;
  readonly oauthUrl: string;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** `carferry authorize`: a seller's consent becomes the session of its shop. */
export function addAuthorize(program: Command): void {
  const command = program
    .command('authorize')
    .description('prints the address at which a seller authorises the app, and stores the session it gives')
    .option('--shop <sellerNick>', 'the seller that must have authorised; default: whoever did')
    .option('--redirect-uri <url>', 'callback address registered for the app')
    .option('--oauth-url <url>', 'where sellers authorise', 'https://oauth.taobao.com/authorize')
    .option(
      '--code',
      'print no address: the code, or the address the browser was sent to, is piped in or typed',
    )
    .option('--refresh', 'no seller: prolong the session of --shop, where the kind of the app allows it')
    .action((flags: AuthorizeFlags) =>
      withRegistry(flags, process.env, async (open) => {
        const environment = await appOf(flags, process.env);
        const token = flags.refresh
          ? await refreshed(open, flags.shop, environment)
          : await authorised(flags, environment);
        await write(await storeToken(open, token, flags.shop));
        say(open.registry.takenUp);
      }),
    );
  withExamples(withDataOption(command), [
    'authorize --redirect-uri https://dealer.example/callback',
    'authorize --shop 我在测试 --code --stage dev --region cn-north-1',
    'authorize --shop 我在测试 --refresh',
  ]);
}

/** The environment with the app secret of the stage, when one is named. */
async function appOf({ stage, region }: AuthorizeFlags, environment: Environment): Promise<Environment> {
  if (stage === undefined) return environment;
  const app = await withAppSecret({ stage, region }, environment, (secret) => secret.read());
  if (app !== undefined) return { ...environment, TOP_APP_SECRET: app.TOP_APP_SECRET };
  const hint = `npm run -s carferry -- app set-secret --stage ${stage}`;
  throw configurationError('--stage', `stage ${stage} has no app secret`, hint);
}

async function authorised(flags: AuthorizeFlags, environment: Environment): Promise<AuthToken> {
  let state: string | undefined;
  if (!flags.code) {
    const { redirectUri, oauthUrl } = flags;
    const appKey = environment['TOP_APP_KEY'];
    if (!appKey) throw configurationError('TOP_APP_KEY', 'TOP_APP_KEY is missing');
    if (!redirectUri) {
      const hint = 'as the app is registered, e.g. --redirect-uri https://dealer.example/callback';
      throw configurationError('--redirect-uri', '--redirect-uri is missing', hint);
    }
    state = randomBytes(8).toString('hex');
    await write(`${authoriseAddress({ oauthUrl, appKey, redirectUri }, state)}\n`);
    say(
      'The seller opens this address and consents; then paste the address the browser was sent to, or the code.',
    );
  }
  const code = codeOf(await readSecret('code'), state);
  return await exchange(environment, { code }).catch((thrown: unknown) => {
    throw refusedCode(thrown);
  });
}

async function refreshed(
  open: OpenRegistry,
  shop: string | undefined,
  environment: Environment,
): Promise<AuthToken> {
  if (shop === undefined) throw configurationError('--shop', '--refresh needs --shop');
  const refreshToken = (await open.registry.secretOf(shop))?.refreshToken;
  if (refreshToken !== undefined) return await exchange(environment, { refreshToken });
  const hint = 'the seller authorises the app again: carferry authorize';
  throw configurationError('--refresh', `shop ${shop} has no session that can be prolonged`, hint);
}

function refusedCode(thrown: unknown): unknown {
  if (!(thrown instanceof CarferryError) || thrown.disposition !== 'park') return thrown;
  return new CarferryError({
    disposition: thrown.disposition,
    reason: thrown.reason,
    message: thrown.message,
    hint: 'a code works once and for minutes only: let the seller authorise again',
  });
}
