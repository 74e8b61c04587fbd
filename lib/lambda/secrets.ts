import { configurationError } from '../core/errors.ts';
import { toEpochMs } from '../domain/chinaTime.ts';
import { dataKeyVariable, type Shop, shopsVariable } from './environment.ts';
import {
  appSecretSchema,
  readDocument,
  type ShopEntry,
  type ShopSecret,
  sessionsDocumentSchema,
  shopsDocumentSchema,
} from './secretsDocuments.ts';
import { commandForSecret, type ReadSecret } from './secretsManager.ts';
import { readShopsFolder } from './sessionsFolder.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Secret variables as they are at a moment; what a configuration schema reads beside the plain ones. */
export type SecretVariables = (now: number) => Readonly<Record<string, string>>;

/** Variables that a function on Lambda must get from Secrets Manager or KMS. */
const SECRETS = ['TOP_APP_SECRET', 'CARFERRY_QIMEN_SECRET', 'CARFERRY_SHOPS', 'CARFERRY_DATA_KEY'];

/** True in a function on AWS; Lambda reserves this variable. */
export function isOnLambda(environment: Environment): boolean {
  return Boolean(environment['AWS_LAMBDA_FUNCTION_NAME']);
}

/**
 * Reads the secrets of a stage that the environment names (`APP_SECRET_NAME`, `SHOPS_SECRET_NAME`,
 * `SESSIONS_SECRET_NAME`).
 * @throws CarferryError `configuration`: a secret stands in a plain variable, is missing or is malformed
 */
export async function readStageSecrets(environment: Environment, read: ReadSecret): Promise<SecretVariables> {
  for (const name of SECRETS) {
    if (!environment[name]) continue;
    throw configurationError(
      name,
      `${name} stands in a plain variable of a function`,
      'take it out of serverless.yml; secrets of a stage: carferry app set-secret, carferry shops add',
    );
  }
  const app = await readApp(environment['APP_SECRET_NAME'], read);
  const shops = await readStageShops(environment, read);
  return (now) => ({
    ...app?.(now),
    ...(shops === undefined ? {} : { CARFERRY_SHOPS: JSON.stringify(shops) }),
  });
}

async function readApp(name: string | undefined, read: ReadSecret): Promise<SecretVariables | undefined> {
  if (!name) return undefined;
  const { previous, ...app } = readDocument(appSecretSchema, name, await read(name), commandForSecret(name));
  const callee = app.CARFERRY_QIMEN_SECRET ?? app.TOP_APP_SECRET;
  return (now) => {
    const isAccepted = previous !== undefined && now < toEpochMs(previous.until);
    return {
      TOP_APP_SECRET: app.TOP_APP_SECRET,
      CARFERRY_QIMEN_SECRET: isAccepted ? `${callee},${previous.secret}` : callee,
    };
  };
}

/** Sessions only where the environment names their secret; a session is written before and removed after its shop. */
async function readStageShops(environment: Environment, read: ReadSecret): Promise<object[] | undefined> {
  const { SHOPS_SECRET_NAME: shopsName, SESSIONS_SECRET_NAME: sessionsName } = environment;
  if (!shopsName) return undefined;
  const hint = commandForSecret(shopsName);
  const { shops } = readDocument(shopsDocumentSchema, shopsName, await read(shopsName), hint);
  if (shops.length === 0) throw configurationError(shopsName, `${shopsName} names no shop`, hint);
  if (!sessionsName) return shops;
  const { sessions } = readDocument(sessionsDocumentSchema, sessionsName, await read(sessionsName), hint);
  return shops.map((entry) => {
    const secret = Object.hasOwn(sessions, entry.sellerNick) ? sessions[entry.sellerNick] : undefined;
    if (secret !== undefined) return shopOf(entry, secret);
    const fix = hint.replace('add SHOP', `set-session ${entry.sellerNick}`);
    throw configurationError(sessionsName, `${sessionsName} holds no session of ${entry.sellerNick}`, fix);
  });
}

/** A seller as `CARFERRY_SHOPS` has it. */
function shopOf({ sessionHash: _hash, ...entry }: ShopEntry, { session }: ShopSecret): Shop {
  return { ...entry, session };
}

/**
 * Secrets of the local run: the environment's own, with the shops of `CARFERRY_SHOPS_FOLDER` over those of
 * `CARFERRY_SHOPS`.
 * @throws CarferryError `configuration`: a malformed variable or file
 */
export function readLocalSecrets(environment: Environment): SecretVariables {
  const { CARFERRY_SHOPS_FOLDER: folder, CARFERRY_SHOPS: text, CARFERRY_DATA_KEY: key } = environment;
  if (!folder || !text || !key) return () => ({});
  const given = shopsVariable.safeParse(text);
  const masterKey = dataKeyVariable.safeParse(key);
  // Whoever reads the variables tells what is wrong with them.
  if (!given.success || !masterKey.success) return () => ({});
  const shops = new Map(given.data.map((shop) => [shop.sellerNick, shop]));
  for (const kept of readShopsFolder(folder, masterKey.data)) {
    if ('removedAt' in kept) shops.delete(kept.sellerNick);
    else
      shops.set(kept.entry.sellerNick, {
        ...shops.get(kept.entry.sellerNick),
        ...shopOf(kept.entry, kept.secret),
      });
  }
  const CARFERRY_SHOPS = JSON.stringify([...shops.values()]);
  return () => ({ CARFERRY_SHOPS });
}
