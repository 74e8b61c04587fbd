/** What a keyed hash is for; each purpose has its own key, so that equal texts never meet across purposes. */
export const HMAC_PURPOSES = ['phone', 'trade', 'adLine', 'lead', 'row', 'pushedLead'] as const;
export type HmacPurpose = (typeof HMAC_PURPOSES)[number];

/** The data key of one entity; `keyId` is `entityId#generation`, so that an erased key is never mistaken. */
export type DataKey = { readonly keyId: string; readonly key: Uint8Array };

/** Where data keys come from: a local master key here, KMS on AWS. */
export type KeyProvider = {
  /** The entity's key, made on first use. Everybody who asks gets the same one. */
  keyFor(entityId: string): Promise<DataKey>;
  /** The entity's key, or `undefined` when there is none (never made, or erased). Never makes one. */
  readKey(entityId: string): Promise<DataKey | undefined>;
  /** Keyed HMAC-SHA256, 64 hex digits, separate for each purpose. */
  hmac(purpose: HmacPurpose, text: string): string;
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
