import { describe, expect, it } from 'vitest';
import { collectExtra } from '../../lib/domain/drift.ts';
import { logDrift } from '../../lib/lambda/driftLog.ts';

describe('a field that no document knows', () => {
  it('is logged by its name when it is first seen, and a value in the place of a name is not shown', () => {
    const fields: unknown[] = [];
    const write = (event: string, given?: { readonly field?: unknown }) =>
      void fields.push([event, given?.field]);
    const stop = logDrift({ info: write, warn: write, error: write });

    const row = { tid: '1', new_field: '测试甲', '13900000001': 'x', a123456: 1 };
    collectExtra(row, ['tid']);
    collectExtra(row, ['tid']);
    stop();
    collectExtra({ later: 1 }, []);

    expect(fields).toEqual([
      ['unknown-field', 'new_field'],
      ['unknown-field', '(no name)'],
    ]);
  });
});
