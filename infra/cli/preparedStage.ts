import { configurationError } from '../../lib/core/errors.ts';
import { appSecretSchema } from '../../lib/lambda/secretsDocuments.ts';
import type { StageFlags } from './stageFlags.ts';
import { createStageRegistry } from './stageRegistry.ts';
import { openStageSecrets } from './stageSecrets.ts';

/**
 * Refuses a stage that could not work, before anything of it is created: no app secret, no shop, a shop without a session,
 * a session that has ended.
 * @throws CarferryError `configuration` with the command that fixes it
 */
export async function refuseUnpreparedStage(
  flags: StageFlags,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const where = `--stage ${flags.stage}${flags.region === undefined ? '' : ` --region ${flags.region}`}`;
  const command = (what: string): string => `npm run -s carferry -- ${what} ${where}`;
  const secrets = openStageSecrets(flags, environment);
  try {
    const app = secrets.secret('app', appSecretSchema);
    if ((await app.read()) === undefined) {
      throw configurationError(app.name, `there is no secret ${app.name}`, command('app set-secret'));
    }
    const registry = createStageRegistry(secrets);
    const shops = await registry.list();
    if (shops.length === 0) {
      throw configurationError('--stage', `stage ${flags.stage} has no shop`, command('shops add SHOP'));
    }
    for (const { sellerNick, expiresAt } of shops) {
      const fix = command(`shops set-session ${sellerNick}`);
      if ((await registry.secretOf(sellerNick)) === undefined) {
        throw configurationError('SHOP', `shop ${sellerNick} has no session`, fix);
      }
      if (expiresAt !== undefined && Date.parse(expiresAt) <= Date.now()) {
        throw configurationError('SHOP', `the session of shop ${sellerNick} ended ${expiresAt}`, fix);
      }
    }
  } finally {
    secrets.close();
  }
}
