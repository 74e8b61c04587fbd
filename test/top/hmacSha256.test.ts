import { createHmac } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hmacSha256Under } from '../../lib/top/hmacSha256.ts';

const byNode = (secret: string, text: string): string =>
  createHmac('sha256', secret).update(text, 'utf8').digest('hex').toUpperCase();

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '倯奶', '\ud800', 'x'.repeat(1000)),
);

describe('hmacSha256Under', () => {
  it('signs as createHmac does, text by text', () => {
    const asciiSecret = fc.string({ unit: 'binary-ascii', maxLength: 64 });

    fc.assert(
      fc.property(asciiSecret, fc.array(anyText, { minLength: 1, maxLength: 3 }), (secret, texts) => {
        const sign = hmacSha256Under(secret);

        expect(texts.map((text) => sign?.(text))).toEqual(texts.map((text) => byNode(secret, text)));
      }),
    );
  });

  it.each(['x'.repeat(65), '密钥', 'é', '\u0080', '\ud800'])(
    'leaves the secret %j to createHmac',
    (secret) => {
      expect(hmacSha256Under(secret)).toBeUndefined();
    },
  );
});
