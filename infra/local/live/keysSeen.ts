export type KeysSeen = { add(...parts: readonly string[]): boolean; count(): number };

/**
 * Counts distinct keys without keeping their texts: two 26-bit hashes of each as one number. Wrong by one in about a
 * hundred million keys, and only on the screen.
 */
export function createKeysSeen(): KeysSeen {
  const seen = new Set<number>();
  return {
    add: (...parts) => {
      const before = seen.size;
      seen.add(hashOf(parts.join('#')));
      return seen.size > before;
    },
    count: () => seen.size,
  };
}

function hashOf(text: string): number {
  let [a, b] = [0x811c9dc5, 0x1000193];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 0x01000193) >>> 0;
    b = Math.imul(b ^ (code + index), 0x5bd1e995) >>> 0;
    b ^= b >>> 15;
  }
  return (a >>> 6) * 2 ** 26 + (b >>> 6);
}
