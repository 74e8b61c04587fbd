import { configurationError } from '../../lib/core/errors.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { type AppSecret, appSecretSchema } from '../../lib/lambda/secretsDocuments.ts';
import type { StageFlags } from './stageFlags.ts';
import { openStageSecrets } from './stageSecrets.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The app's secrets after a change. Calls are signed with the new one at once; the webhook accepts what it accepted
 * before for `overlapMs` more, because the platform changes over at its own time.
 * @param callee true: only the secret of callers of the webhook, where it is not the app secret
 */
export function changedAppSecret(
  present: AppSecret | undefined,
  secret: string,
  { callee, overlapMs, now }: { readonly callee: boolean; readonly overlapMs: number; readonly now: number },
): AppSecret {
  if (present === undefined) {
    if (!callee) return { TOP_APP_SECRET: secret };
    throw configurationError(
      '--callee',
      'this stage has no app secret yet',
      'set it first, without --callee',
    );
  }
  const { previous, ...kept } = present;
  const next = { ...kept, ...(callee ? { CARFERRY_QIMEN_SECRET: secret } : { TOP_APP_SECRET: secret }) };
  const [before, after] = [calleeSecretOf(kept), calleeSecretOf(next)];
  if (before === after) return previous === undefined ? next : { ...next, previous };
  return { ...next, previous: { secret: before, until: toIso(now + overlapMs) } };
}

function calleeSecretOf(app: Pick<AppSecret, 'TOP_APP_SECRET' | 'CARFERRY_QIMEN_SECRET'>): string {
  return app.CARFERRY_QIMEN_SECRET ?? app.TOP_APP_SECRET;
}

/** Works with the app's secrets of a stage. */
export async function withAppSecret<T>(
  flags: StageFlags,
  environment: Environment,
  work: (secret: {
    read(): Promise<AppSecret | undefined>;
    change(change: (present: AppSecret | undefined) => AppSecret): Promise<void>;
  }) => Promise<T>,
): Promise<T> {
  const secrets = openStageSecrets(flags, environment);
  try {
    return await work(secrets.secret('app', appSecretSchema));
  } finally {
    secrets.close();
  }
}
