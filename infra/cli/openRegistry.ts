import { configurationError } from '../../lib/core/errors.ts';
import { type Shop, shopsVariable } from '../../lib/lambda/environment.ts';
import { type SessionLeft, sessionsLeft } from '../../lib/store/sessionsLeft.ts';
import { shopsFolderOf } from '../local/dataFolder.ts';
import type { DataFlags } from './command.ts';
import { createFolderRegistry } from './folderRegistry.ts';
import { masterKey, openData } from './openData.ts';
import type { ShopRegistry } from './shopRegistry.ts';
import { createStageRegistry } from './stageRegistry.ts';
import { openStageSecrets } from './stageSecrets.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export type OpenRegistry = {
  readonly registry: ShopRegistry;
  /** Shops of `CARFERRY_SHOPS` as this command sees it. */
  readonly given: readonly Shop[];
  /** Shops that the tables know a system to work with; a stage may not be deployed yet and is not asked. */
  readonly working: readonly SessionLeft[];
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
      return await work({ registry: createStageRegistry(secrets), given: [], working: [], flags });
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
    return await work({ registry, given: given?.data ?? [], working, flags: `--data ${data}` });
  } finally {
    await open.close();
  }
}
