import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Simulator, startSimulator } from '../../../infra/local/simulator/simulator.ts';
import { type Ended, run, summaryOf, temporaryFolder } from '../../flow/carferryProcess.ts';
import { parkedIn } from '../../flow/quirkRun.ts';
import { simulatorEnvironment } from '../../support/simulatorEnvironment.ts';

/* Rows that could not be read, then `quarantine redrive` once the platform sends them as documented. */

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const TRADES = 'qimen.taobao.crm.trades.info.create';
const ADS = 'alibaba.taobao.ud.smart.order.detail.pull';
const CAR = 'tmall.aliauto.trade.car.order.get';
const folder = temporaryFolder();
let simulator: Simulator;
beforeAll(async () => {
  const anchorAt = Math.floor(Date.now() / 1000) * 1000 - 2_000;
  simulator = await startSimulator({ seed: 'redrive', trades: 24, shops: 1, growthPerMinute: 0, anchorAt });
  // Its world stands still, so that nothing but the quirks makes one run differ from the next.
  const at = JSON.stringify({ at: anchorAt });
  await fetch(`${simulator.url}/_sim/freeze`, { method: 'POST', body: at });
});
afterAll(async () => {
  await simulator.close();
  folder.remove();
});

const quirks = (method: string, body?: unknown) =>
  fetch(`${simulator.url}/_sim/quirks`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const once = () => run(['--once', '--json', '--data', folder.path], simulatorEnvironment(simulator));
const cli = (...args: string[]): Promise<Ended> =>
  run([...args, '--data', folder.path], simulatorEnvironment(simulator), 'infra/cli/main.ts');

describe('rows that could not be read', () => {
  it('are walked or asked for again by redrive, and leave quarantine: also those without an id', async () => {
    await quirks('POST', {
      brokenRow: [
        { method: TRADES, field: 'tid', everyRows: 8 },
        { method: ADS, field: 'sub_order_id', everyRows: 8 },
        { method: CAR, field: 'actual_paid_fee', everyRows: 8 },
      ],
    });
    const first = await once();
    const parked = await parkedIn(folder.path);
    await quirks('DELETE');

    const dry = await cli('quarantine', 'redrive', '--dry-run', '--json');
    const untouched = await parkedIn(folder.path);
    const redriven = await cli('quarantine', 'redrive', '--json');
    const left = await parkedIn(folder.path);
    const second = await once();

    expect([first.code, parked.length > 0], first.stdout + first.stderr).toEqual([1, true]);
    expect(new Set(parked.map(({ source }) => source))).toEqual(new Set([TRADES, ADS, CAR]));
    expect(parked.some(({ source, orderId }) => source === TRADES && orderId === undefined)).toBe(true);
    expect(dry.code, dry.stderr).toBe(0);
    expect(JSON.parse(dry.stdout).outcomes).toHaveLength(parked.length);
    expect(untouched).toEqual(parked);
    expect(redriven.code, redriven.stderr).toBe(0);
    const { outcomes, walked } = JSON.parse(redriven.stdout);
    expect(outcomes).toHaveLength(parked.length);
    const rows = parked.filter(({ source }) => source !== CAR).length;
    expect(walked).toMatchObject({ healed: rows, unreadable: 0, notMet: 0, unfinished: [] });
    expect(left).toEqual([]);
    // What is unfinished says why, should it not end well.
    const { parked: stays, incomplete } = summaryOf(second);
    expect([second.code, stays.count, incomplete], second.stderr).toEqual([0, 0, []]);
  });
});
