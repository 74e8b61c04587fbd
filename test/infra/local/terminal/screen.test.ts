import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPaint, wantsColour } from '../../../../infra/local/terminal/paint.ts';
import { plainLine } from '../../../../infra/local/terminal/plainLine.ts';
import { renderScreen } from '../../../../infra/local/terminal/screen.ts';
import { bareTable, columnsOf, cutTo } from '../../../../infra/local/terminal/tables.ts';
import { bar, duration, percent } from '../../../../infra/local/terminal/words.ts';
import { snapshot, stream } from './snapshots.ts';

const plain = createPaint(false);
const SMALL = { columns: 80, rows: 24 };
const ESC = '\u001b';

const banned = snapshot.calls.map((call) => ({
  ...call,
  banned: 3,
  bannedUntil: '2026-11-22T15:00:40+08:00',
}));
const halt = {
  shop: '测试汽车旗舰店',
  method: 'tmall.aliauto.lead.info.get',
  reason: 'invalid-session',
  since: '',
};
const many = Array.from({ length: 40 }, (_, n) => ({ ...stream, stream: `trades#测试汽车旗舰店${n}#live` }));

describe('the live screen', () => {
  it('tells streams, queues, calls, tables and what is left', () => {
    const screen = renderScreen(snapshot, SMALL, plain);

    for (const part of ['46 %, about 14 s left', '测试汽车旗舰店', 'ad-orders', '4.8', '401 orders', '12345'])
      expect(screen).toContain(part);
  });

  it('tells days, the session that ends first, and how long the work that waits takes', () => {
    const screen = renderScreen(snapshot, { columns: 120, rows: 30 }, plain);

    expect(screen).toContain('days: 128 green, 1 red (测试乙店 2026-11-20), 2 not walked');
    expect(screen).toContain('sessions: 测试乙店 has 12 days left, the others more');
    expect(screen).toContain('worked off in about 14 s at the pace of the last minutes');
  });

  it.each([
    ['a calm run', snapshot],
    ['many streams', { ...snapshot, streams: many }],
    [
      'bans, halts, a quarantine',
      { ...snapshot, calls: banned, halts: [halt, halt, halt, halt], quarantine: 9 },
    ],
    [
      'everything at once',
      { ...snapshot, streams: many, calls: banned, halts: [halt, halt, halt, halt], quarantine: 9 },
    ],
    ['nothing yet', { ...snapshot, streams: [], queues: [], calls: [], estimate: null }],
  ])('fits 80 columns and 24 rows with %s', (_, shown) => {
    const lines = renderScreen(shown, SMALL, plain).split('\n');

    expect(lines.length).toBeLessThan(24);
    expect(Math.max(...lines.map(columnsOf))).toBeLessThan(80);
  });

  it('fits any terminal of 60 columns or more', () => {
    const size = fc.record({
      columns: fc.integer({ min: 60, max: 250 }),
      rows: fc.integer({ min: 10, max: 80 }),
    });
    fc.assert(
      fc.property(size, fc.integer({ min: 0, max: 40 }), (terminal, count) => {
        const lines = renderScreen({ ...snapshot, streams: many.slice(0, count) }, terminal, plain).split(
          '\n',
        );
        expect(lines.length).toBeLessThan(terminal.rows);
        expect(Math.max(...lines.map(columnsOf))).toBeLessThan(terminal.columns);
      }),
    );
  });

  it('shows first what needs a person and says how many more there are', () => {
    const halted = {
      ...stream,
      stream: 'trades#测试乙店#live',
      state: 'halted',
      reason: 'invalid-session',
    } as const;
    const lines = renderScreen({ ...snapshot, streams: [...many, halted] }, SMALL, plain).split('\n');

    expect(lines[2]).toMatch(/测试乙店 .*halted invalid-session/);
    expect(lines.join('\n')).toMatch(/and \d+ streams more/);
  });

  it('says that it is still finding out while there is no estimate', () => {
    expect(renderScreen({ ...snapshot, estimate: null }, SMALL, plain)).toContain('finding out');
  });
});

describe('colour', () => {
  it.each([
    ['a terminal', { isTTY: true }, {}, true],
    ['a pipe', {}, {}, false],
    ['NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, false],
    ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
  ])('%s', (_, target, environment, wanted) => {
    expect(wantsColour(target, environment)).toBe(wanted);
  });

  it('is in the screen only when wanted', () => {
    expect(renderScreen(snapshot, SMALL, createPaint(true))).toContain(ESC);
    expect(renderScreen(snapshot, SMALL, plain)).not.toContain(ESC);
  });
});

describe('the plain line', () => {
  it('tells the run in one line', () => {
    expect(plainLine(snapshot)).toBe(
      '12 s: 321 trades and 7 ad lines listed, 401 orders stored, 150 lead checks (100 leads), 61725 calls, ' +
        '36 messages waiting, 46 %, about 14 s left',
    );
  });

  it('names streams, bans and sessions that are in trouble', () => {
    const failed = { ...stream, state: 'failed', reason: 'platform-unavailable' } as const;
    const line = plainLine({ ...snapshot, streams: [failed], calls: banned, halts: [halt] });

    for (const part of ['failed (platform-unavailable)', 'banned until 15:00:40', 'halted: 测试汽车旗舰店'])
      expect(line).toContain(part);
  });
});

describe('words and tables', () => {
  it.each([
    [400, '0 s'],
    [89_000, '89 s'],
    [90_000, '2 min'],
    [3_600_000, '60 min'],
    [7_500_000, '2 h 5 min'],
    [7_200_000, '2 h'],
    [90 * 86_400_000, '90 d'],
  ])('%i ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('never calls an unfinished share 100 %', () => {
    expect([percent(0.999), percent(1), bar(0.5, 4)]).toEqual(['99 %', '99 %', '██░░']);
  });

  it('counts wide characters twice and cuts by columns', () => {
    expect([columnsOf('测试ab'), columnsOf(`${ESC}[31m测${ESC}[39m`)]).toEqual([6, 2]);
    expect(cutTo('测试汽车', 6)).toBe('测试…');
  });

  it('lets the first column give way', () => {
    const table = bareTable(['name', 'n'], [['x'.repeat(90), 1]], { width: 40 });

    expect(Math.max(...table.split('\n').map(columnsOf))).toBeLessThanOrEqual(40);
    expect(table).toContain('…');
  });
});
