import * as z from 'zod';

/** What a personal value is; decides its mask and whether it gets a blind index (`phone` only). */
export type PersonalKind = 'name' | 'nick' | 'identity' | 'phone' | 'address' | 'text';

const HIDDEN = '[personal]';

/**
 * A personal value in clear, alive only between translation and `sealRecord` in one process. Printing,
 * serialising or inspecting it never shows the value; only {@link Clear.reveal} does.
 */
export class Clear {
  readonly kind: PersonalKind;
  readonly #value: string;

  constructor(kind: PersonalKind, value: string) {
    this.kind = kind;
    this.#value = value;
  }

  /** The value itself. Callers seal it or, with the key and a logged reason, show it to a person. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.toPrimitive](): string {
    return HIDDEN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}

/** A sealed personal value as it is stored: mask for people, AES-256-GCM envelope, blind index for phones. */
export const sealedSchema = z.lazy(() =>
  z.strictObject({
    /** E.g. `张*`, `139****0001`; safe to show. */
    mask: z.string(),
    /** Keyed HMAC of the normalised phone, hex; equal phones have equal indexes. */
    index: z.string().optional(),
    /** `aad` names entity and field, e.g. `order|4277659395456225432|car.buyerName`; base64 `iv`, `ct`, `tag`. */
    envelope: z.strictObject({
      v: z.literal(1),
      keyId: z.string(),
      aad: z.string(),
      iv: z.string(),
      ct: z.string(),
      tag: z.string(),
    }),
  }),
);
export type Sealed = z.infer<typeof sealedSchema>;

/** A record with every {@link Clear} field `x` replaced by `xSealed`, at any depth. */
export type SealedRecord<T> = T extends Clear
  ? Sealed
  : T extends readonly (infer Element)[]
    ? SealedRecord<Element>[]
    : T extends object
      ? {
          [K in keyof T as K extends string
            ? Extract<T[K], Clear> extends never
              ? K
              : `${K}Sealed`
            : K]: SealedRecord<T[K]>;
        }
      : T;
