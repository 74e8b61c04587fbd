import { Clear, type Sealed, type SealedRecord } from '../../lib/domain/personal.ts';

function sealed(value: string): Sealed {
  return {
    mask: '***',
    envelope: { v: 1, keyId: 'k', aad: 'a', iv: 'i', ct: Buffer.from(value).toString('base64'), tag: 't' },
  };
}

/** The value behind a {@link fakeSeal}; what `reveal` does with a key. */
export function fakeReveal(value: Sealed): string {
  return Buffer.from(value.envelope.ct, 'base64').toString();
}

/** The shape that `sealRecord` makes, without any cryptography. */
export function fakeSeal<T>(record: T): SealedRecord<T>;
export function fakeSeal(record: unknown): unknown {
  if (record instanceof Clear) return sealed(record.reveal());
  if (Array.isArray(record)) return record.map((element) => fakeSeal(element));
  if (typeof record !== 'object' || record === null) return record;
  return Object.fromEntries(
    Object.entries(record).map(([key, member]) => [
      member instanceof Clear ? `${key}Sealed` : key,
      fakeSeal(member),
    ]),
  );
}
