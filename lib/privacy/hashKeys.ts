import { createHmac, createSecretKey } from 'node:crypto';
import { CarferryError } from '../core/errors.ts';
import { createHolding } from './holding.ts';
import { HMAC_PURPOSES, type HmacPurpose } from './keyProvider.ts';
import { HASH_ROOT, INDEX_POINTER, indexRoot, type KeyRows } from './keyRows.ts';
import { expandMasterKey } from './masterKey.ts';

type Loaded = {
  readonly byPurpose: ReadonlyMap<HmacPurpose, Uint8Array>;
  /** Keys of the blind index: the written one first. */
  readonly phone: readonly Uint8Array[];
};

export type HashKeys = {
  ready(): Promise<void>;
  hmac(purpose: HmacPurpose, text: string): string;
  phoneHmacs(text: string): string[];
};

/** The generations of the blind-index key in use, the written one first; `0` is derived from the hash root. */
export async function indexGenerations(rows: Pick<KeyRows, 'read'>): Promise<number[]> {
  const row = await rows.read(INDEX_POINTER);
  return (row?.wrapped ?? '0').split(',').map(Number);
}

/**
 * Keyed hashes. Their root is the master key itself, or where there is none a data key of its own; only the blind
 * index has generations, because every other hash is compared with what is stored.
 */
export function createHashKeys(deps: {
  readonly own: Uint8Array | undefined;
  readonly rows: KeyRows;
  readonly rootKey: (entityId: string) => Promise<Uint8Array>;
  readonly now: () => number;
}): HashKeys {
  const { own, rows, rootKey } = deps;
  // A master key in hand hashes at once; that its blind index was rotated is learnt by the first `ready`.
  let loaded: Loaded | undefined = own && {
    byPurpose: expandAll(own),
    phone: [expandMasterKey(own, 'phone')],
  };

  const holding = createHolding(deps.now, async () => {
    const root = own ?? (await rootKey(HASH_ROOT));
    const phone = [];
    for (const generation of await indexGenerations(rows)) {
      phone.push(expandMasterKey(generation === 0 ? root : await rootKey(indexRoot(generation)), 'phone'));
    }
    loaded = { byPurpose: loaded?.byPurpose ?? expandAll(root), phone };
  });

  function keysInHand(): Loaded {
    if (loaded === undefined) throw notReady();
    return loaded;
  }

  return {
    ready: () => holding.get(0),
    hmac(purpose, text) {
      const { byPurpose, phone } = keysInHand();
      const key = purpose === 'phone' ? phone[0] : byPurpose.get(purpose);
      if (key === undefined) throw notReady();
      return hmac(key, text);
    },
    phoneHmacs: (text) => keysInHand().phone.map((key) => hmac(key, text)),
  };
}

function expandAll(root: Uint8Array): ReadonlyMap<HmacPurpose, Uint8Array> {
  return new Map(HMAC_PURPOSES.map((purpose) => [purpose, expandMasterKey(root, purpose)]));
}

function hmac(key: Uint8Array, text: string): string {
  return createHmac('sha256', createSecretKey(key)).update(text, 'utf8').digest('hex');
}

function notReady(): CarferryError {
  return new CarferryError({
    disposition: 'retry',
    reason: 'keys-not-ready',
    message: 'the keys of the hashes are not loaded yet',
  });
}
