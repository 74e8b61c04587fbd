import { hkdfSync } from 'node:crypto';
import { configurationError } from '../core/errors.ts';

const MASTER_KEY_BYTES = 32;

/**
 * A key for one purpose, expanded from the master key (HKDF-SHA256); the master key itself encrypts nothing.
 *
 * @param label domain of the purpose, e.g. `wrap`, `phone`.
 * @throws CarferryError `halt`, `configuration`, when the master key has not 32 bytes.
 */
export function expandMasterKey(masterKey: Uint8Array, label: string): Buffer {
  if (masterKey.length !== MASTER_KEY_BYTES) {
    throw configurationError(
      'CARFERRY_DATA_KEY',
      `the data key must be ${MASTER_KEY_BYTES} bytes, base64`,
      'make one with: openssl rand -base64 32',
    );
  }
  return Buffer.from(hkdfSync('sha256', masterKey, 'carferry', `carferry/v1/${label}`, 32));
}
