import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { configurationError } from '../core/errors.ts';
import { decrypt, encrypt } from '../privacy/aesGcm.ts';
import { expandMasterKey } from '../privacy/masterKey.ts';
import {
  readDocument,
  type ShopEntry,
  type ShopSecret,
  shopEntrySchema,
  shopSecretSchema,
} from './secretsDocuments.ts';

/*
 * Shops of the local run that were added, changed or removed by `carferry shops`: one file per seller in folder
 * `shops` of the data folder, so that two commands never write the same file. Sessions are sealed under the data key.
 */

const fileSchema = z.lazy(() =>
  z.union([
    z.strictObject({
      v: z.literal(1),
      ...shopEntrySchema.unwrap().shape,
      secretSealed: z.strictObject({ iv: z.string(), ct: z.string(), tag: z.string() }),
    }),
    z.strictObject({ v: z.literal(1), sellerNick: z.string().min(1), removedAt: z.string() }),
  ]),
);

/** What a file tells: a seller with its secret, or that it was removed. */
export type FolderShop =
  | { readonly entry: ShopEntry; readonly secret: ShopSecret }
  | { readonly sellerNick: string; readonly removedAt: string };

/** File of a seller; any nick makes a valid name. */
export function shopFile(sellerNick: string): string {
  return `${createHash('sha256').update(sellerNick).digest('hex').slice(0, 32)}.json`;
}

const placeOf = (sellerNick: string): string => `shop|${sellerNick}|session`;

/** The text of a seller's file. */
export function writeShopFile(shop: FolderShop, masterKey: Uint8Array): string {
  if ('removedAt' in shop) return `${JSON.stringify({ v: 1, ...shop })}\n`;
  const plain = Buffer.from(JSON.stringify(shop.secret), 'utf8');
  const key = expandMasterKey(masterKey, 'sessions');
  const secretSealed = encrypt(key, plain, placeOf(shop.entry.sellerNick));
  return `${JSON.stringify({ v: 1, ...shop.entry, secretSealed })}\n`;
}

/**
 * Every seller that the folder tells of; a folder that is not there tells of none.
 * @throws CarferryError `configuration` naming the file, for one that is malformed or sealed with another key
 */
export function readShopsFolder(folder: string, masterKey: Uint8Array): FolderShop[] {
  return filesOf(folder).map((file) => {
    const path = join(folder, file);
    const again = `remove ${path}, then: npm run -s carferry -- shops set-session SHOP`;
    const read = readDocument(fileSchema, path, readFileSync(path, 'utf8'), again);
    if ('removedAt' in read) return { sellerNick: read.sellerNick, removedAt: read.removedAt };
    const { v: _v, secretSealed, ...entry } = read;
    const plain = decrypt(expandMasterKey(masterKey, 'sessions'), secretSealed, placeOf(entry.sellerNick));
    if (plain === undefined)
      throw configurationError(path, `${path} was not sealed with this data key`, again);
    return { entry, secret: readDocument(shopSecretSchema, path, plain.toString('utf8'), again) };
  });
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((file) => file.endsWith('.json'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
