import { CarferryError } from '../core/errors.ts';

/** What a keyed hash is for; each purpose has its own key, so that equal texts never meet across purposes. */
export const HMAC_PURPOSES = ['phone', 'trade', 'adLine', 'lead', 'row', 'pushedLead'] as const;
export type HmacPurpose = (typeof HMAC_PURPOSES)[number];

/** The data key of one entity; `keyId` is `entityId#generation`, so that an erased key is never mistaken. */
export type DataKey = { readonly keyId: string; readonly key: Uint8Array };

/** Where data keys come from: under a local master key, or under KMS on AWS. */
export type KeyProvider = {
  /** Loads what {@link KeyProvider.hmac} needs; cheap when it is there. The others call it themselves. */
  ready(): Promise<void>;
  /**
   * The entity's key, made on first use. Everybody who asks gets the same one.
   * @throws CarferryError `skip`, `erased`, for an entity whose key was erased: it never gets another.
   */
  keyFor(entityId: string): Promise<DataKey>;
  /** The entity's key, or `undefined` when there is none (never made, or erased). Never makes one. */
  readKey(entityId: string): Promise<DataKey | undefined>;
  /**
   * Keyed HMAC-SHA256, 64 hex digits, separate for each purpose.
   * @throws CarferryError `retry`, `keys-not-ready`, before {@link KeyProvider.ready} has resolved once.
   */
  hmac(purpose: HmacPurpose, text: string): string;
  /** The phone's hash under every key of the blind index in use: first the one that is written, then older ones. */
  phoneHmacs(text: string): string[];
};

/** Id of the key row of an entity; `|` inside an id cannot shift the border between kind and id. */
export function entityIdOf(entity: { readonly kind: string; readonly id: string }): string {
  return `${entity.kind}|${escapePart(entity.id)}`;
}

/** The entity a `keyId` belongs to. */
export function entityIdOfKey(keyId: string): string {
  const end = keyId.lastIndexOf('#');
  return end === -1 ? keyId : keyId.slice(0, end);
}

/** Makes `|`, `.` and `#` inside a part of a place or id distinct from those between the parts. */
export function escapePart(text: string): string {
  return text.replace(/[%|.#]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The answer to everybody who wants a key for an erased entity. */
export function erasedError(): CarferryError {
  return new CarferryError({
    disposition: 'skip',
    reason: 'erased',
    message: 'the personal data of this entity was erased; it gets no key any more',
  });
}

export function isErased(thrown: unknown): boolean {
  return thrown instanceof CarferryError && thrown.reason === 'erased';
}
