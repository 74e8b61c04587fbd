import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFECTS } from './defects.ts';

const text = (file: string): string => readFileSync(join(import.meta.dirname, '..', '..', file), 'utf8');

describe('the table of seeded defects', () => {
  it('holds at least twenty, each under a name of its own', () => {
    expect(new Set(DEFECTS.map(({ name }) => name)).size).toBe(DEFECTS.length);
    expect(DEFECTS.length).toBeGreaterThanOrEqual(20);
  });

  it.each(DEFECTS)('$name can still be made, and its test still stands', ({ test, also = [], ...first }) => {
    for (const { file, before, after } of [first, ...also]) {
      expect(text(file).split(before).length - 1, `${file}: ${before}`).toBe(1);
      expect(after).not.toBe(before);
    }
    expect(text(test.of ?? test.file), test.name).toContain(test.name);
    if (test.of !== undefined) expect(text(test.file)).toContain(test.of.split('/').at(-1));
  });
});
