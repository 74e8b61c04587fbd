import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readTemplate } from '../../infra/local/template.ts';
import {
  CONSISTENCY_FILE,
  consistencyTable,
  durationText,
  lanesTable,
  withTables,
} from '../../tools/writeConsistency.ts';

describe('docs/consistency.md', () => {
  it('says what the configuration does; node tools/node24.mjs tools/writeConsistency.ts writes it anew', () => {
    const document = readFileSync(CONSISTENCY_FILE, 'utf8');

    expect(document).toBe(withTables(document));
  });

  it('would not say it any more when a schedule changed', () => {
    const wiring = readTemplate();
    const slower = wiring.schedules.map((schedule) => ({ ...schedule, everyMs: schedule.everyMs * 2 }));

    expect(consistencyTable({ ...wiring, schedules: slower })).not.toBe(consistencyTable());
    expect(lanesTable({ ...wiring, schedules: slower })).not.toBe(lanesTable());
  });

  it.each([
    [0, 'at once'],
    [90_000, '90 s'],
    [180_000, '3 min'],
    [21_600_000, '6 h'],
    [86_400_000, '1 day'],
    [1_209_600_000, '14 days'],
  ])('writes %i ms as %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
