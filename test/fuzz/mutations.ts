import fc from 'fast-check';
import { ODD_TEXTS, TOKENS } from './corpus.ts';

type Mutation = {
  readonly kind: 'insert' | 'replace' | 'delete' | 'repeat' | 'cut';
  readonly at: number;
  readonly length: number;
  readonly token: string;
};

const token = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TOKENS) },
  { weight: 2, arbitrary: fc.constantFrom(...ODD_TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
);

const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('insert', 'replace', 'delete', 'repeat', 'cut'),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(12),
  token,
});

function apply(text: string, { kind, at, length, token: piece }: Mutation): string {
  const place = Math.floor(at * text.length);
  const [head, tail] = [text.slice(0, place), text.slice(place)];
  switch (kind) {
    case 'insert':
      return head + piece + tail;
    case 'replace':
      return head + piece + tail.slice(piece.length);
    case 'delete':
      return head + tail.slice(length);
    case 'repeat':
      return head + tail.slice(0, length).repeat(4) + tail;
    case 'cut':
      return head;
  }
}

/** A text of `base` with up to four changes, sometimes none. */
export function mutated(base: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(base, fc.array(mutation, { maxLength: 4 }))
    .map(([text, mutations]) => mutations.reduce(apply, text));
}

/** The same with bytes: a text's UTF-8 with up to three bytes changed, so that it need not be UTF-8 any more. */
export function mutatedBytes(base: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255));
  return fc.tuple(mutated(base), fc.array(change, { maxLength: 3 })).map(([text, changes]) => {
    const bytes = Buffer.from(text, 'utf8');
    for (const [at, byte] of changes) {
      if (bytes.length > 0) bytes[Math.min(bytes.length - 1, Math.floor(at * bytes.length))] = byte;
    }
    return bytes;
  });
}
