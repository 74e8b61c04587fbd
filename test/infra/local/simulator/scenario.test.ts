import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readScenario } from '../../../../infra/local/simulator/scenario/scenario.ts';
import { startSimulator } from '../../../../infra/local/simulator/simulator.ts';
import { control, pick } from './simulatorClient.ts';

const folder = mkdtempSync(join(tmpdir(), 'carferry-scenario-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shops = 'shops: [{ sellerNick: 测试店, session: invented }]';
function fileOf(text: string): string {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.yaml`);
  writeFileSync(file, text);
  return file;
}
const trade = (members: string) =>
  `${shops}\ntrades: [{ shop: 测试店, orderId: '42', created: -1d, ${members} }]`;

describe('a scenario file', () => {
  it.each([
    ['no shop', 'trades: []', 'shops'],
    ['an unknown member', `${shops}\nshop: x`, 'shop is unknown'],
    [
      'an id without quotes',
      trade('').replace("'42'", '4277659395456225432'),
      'trades.0.orderId must be text',
    ],
    [
      'a shop that is not there',
      trade('').replace('shop: 测试店, o', 'shop: x, o'),
      'trades.0.shop is none of shops',
    ],
    [
      'a time that is none',
      trade('events: [{ kind: paid, at: soon }]'),
      'trades.0.events.0.at must be a time',
    ],
    ['an unknown event', trade('events: [{ kind: lost, at: +1d }]'), 'trades.0.events.0.kind'],
    [
      'a wrong quirk',
      `${shops}\nquirks: [{ at: +1d, set: { htmlRate: 2 } }]`,
      'quirks.0.set.htmlRate must be from 0 to 1',
    ],
    ['a step that does nothing', `${shops}\nquirks: [{ at: +1d }]`, 'quirks.0 needs set or clear'],
    ['text that is no YAML', 'shops: [', 'at line 1'],
  ])('with %s is refused in one line that names file and place', (_, text, place) => {
    const file = fileOf(text);

    const message = (() => {
      try {
        readScenario(file);
        return 'accepted';
      } catch (error) {
        return String(error instanceof Error ? error.message : error);
      }
    })();

    expect(message.split('\n')).toEqual([expect.stringContaining(file)]);
    expect(message).toContain(place);
  });

  it('becomes the world: its shops, its trades over time, its quirks at their times', async () => {
    const anchorAt = Date.parse('2026-11-20T12:00:00+08:00');
    const events = 'events: [{ kind: paid, at: +1h }, { kind: refunded, at: +2d }]';
    const scenario = readScenario(
      fileOf(
        `${trade(`${events}, type: fixed, lead: { no: '7', visible: +1m }`)}\nquirks: [{ at: +1d, set: { htmlRate: 1 } }, { at: +2d, clear: true }]`,
      ),
    );
    const simulator = await startSimulator({ scenario, anchorAt });
    const seen: unknown[] = [];
    for (const days of [-2, 0, 1, 2]) {
      await control(simulator, 'freeze', { at: anchorAt + days * 86_400_000 });
      const truth = await control(simulator, 'truth?detail=1&from=2026-11-19T00:00:00Z');
      seen.push([pick(truth, 'detail', '42', 'status'), await control(simulator, 'quirks')]);
    }
    await simulator.close();

    expect(seen).toEqual([
      [undefined, {}],
      ['WAIT_SELLER_SEND_GOODS', {}],
      ['TRADE_CLOSED', { htmlRate: 1 }],
      ['TRADE_CLOSED', {}],
    ]);
    expect(simulator.info.shops[0]).toEqual({ sellerNick: '测试店', session: 'invented' });
  });

  it('that is wrong ends the command with 2 and one line', () => {
    const file = fileOf('shops: []');
    const main = join(import.meta.dirname, '../../../../infra/local/simulator/main.ts');

    const ended = spawnSync(process.execPath, [main, '--scenario', file], { encoding: 'utf8' });

    expect([ended.status, ended.stdout]).toEqual([2, '']);
    expect(ended.stderr.trim().split('\n')).toEqual([expect.stringContaining('shops must name a shop')]);
  });
});
