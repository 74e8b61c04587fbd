import { CarferryError, configurationError } from '../../lib/core/errors.ts';
import { type Shop, shopsVariable } from '../../lib/lambda/environment.ts';
import { type SessionLeft, sessionsLeft } from '../../lib/store/sessionsLeft.ts';
import { shopsFolderOf } from '../local/dataFolder.ts';
import type { Stores } from '../local/stores.ts';
import type { DataFlags } from './command.ts';
import { createFolderRegistry } from './folderRegistry.ts';
import { masterKey, openData } from './openData.ts';
import { openStage } from './openStage.ts';
import type { ShopRegistry } from './shopRegistry.ts';
import type { StageFlags } from './stageFlags.ts';
import { createStageRegistry } from './stageRegistry.ts';
import { openStageSecrets } from './stageSecrets.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type OpenRegistry = {
  readonly registry: ShopRegistry;
  /** Shops of `CARFERRY_SHOPS` as this command sees it. */
  readonly given: readonly Shop[];
  /** Shops that the tables know a system to work with; a stage may not be deployed yet and is not asked. */
  readonly working: readonly SessionLeft[];
  /** Work that waits for a shop which is no longer ferried goes; what was stored of it stays. */
  readonly forget: (sellerNick: string) => Promise<void>;
  /** `--stage dev`, for the commands that hints name. */
  readonly flags: string;
};

/**
 * Opens the shops of a data folder or of a stage. A stage needs no tables: its shops are there before it is deployed.
 * @throws CarferryError `configuration`
 */
export async function withRegistry<T>(
  { data, stage, region }: DataFlags,
  environment: Environment,
  work: (open: OpenRegistry) => Promise<T>,
): Promise<T> {
  if (stage !== undefined) {
    const secrets = openStageSecrets({ stage, region }, environment);
    try {
      const flags = `--stage ${stage}${region === undefined ? '' : ` --region ${region}`}`;
      const forget = (nick: string) => forgetOnStage({ stage, region }, environment, nick);
      return await work({ registry: createStageRegistry(secrets), given: [], working: [], forget, flags });
    } finally {
      secrets.close();
    }
  }
  if (region !== undefined) throw configurationError('--region', '--region belongs to --stage');
  const text = environment['CARFERRY_SHOPS'];
  const given = text ? shopsVariable.safeParse(text) : undefined;
  if (given?.success === false) throw configurationError('CARFERRY_SHOPS', 'CARFERRY_SHOPS is malformed');
  const open = await openData(data, environment);
  try {
    const registry = createFolderRegistry(shopsFolderOf(data), masterKey(data, open.stamp, environment));
    const working = await sessionsLeft(open.stores, Date.now());
    const forget = (nick: string) => forgetShop(open.stores, nick);
    return await work({ registry, given: given?.data ?? [], working, forget, flags: `--data ${data}` });
  } finally {
    await open.close();
  }
}

/** A stage that is not deployed yet has nothing to forget. */
async function forgetOnStage(flags: StageFlags, environment: Environment, nick: string): Promise<void> {
  const opened = await openStage(flags, environment).catch((thrown: unknown) => {
    if (thrown instanceof CarferryError && thrown.field === '--stage') return undefined;
    throw thrown;
  });
  if (opened === undefined) return;
  try {
    await forgetShop(opened.stores, nick);
  } finally {
    await opened.close();
  }
}

async function forgetShop({ shops, dues }: Pick<Stores, 'shops' | 'dues'>, nick: string): Promise<void> {
  await shops.forgetSession(nick);
  for (const { method } of await shops.halts(nick)) await shops.clear(nick, method);
  for await (const due of dues.scan()) {
    if (due.shop === nick) await dues.remove(due);
  }
}
