import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../../infra/local/simulator/simulator.ts';
import { simulatorEnvironment } from '../../../support/simulatorEnvironment.ts';
import { noPseudoTerminal, type OnTerminal, onTerminal } from './pseudoTerminal.ts';

/* `npm start` as a person sees it: on a real pseudo-terminal, through npm and the launcher. */

const root = join(import.meta.dirname, '../../../..');
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

let simulator: Simulator | undefined;
let terminal: OnTerminal | undefined;
afterEach(async () => {
  terminal?.kill();
  await terminal?.ended;
  await simulator?.close();
  [simulator, terminal] = [undefined, undefined];
});

/** A shop that goes well but for a few rows, and one whose session has expired. */
async function startTroubledWorld(trades: number) {
  simulator = await startSimulator({ trades, shops: 2, growthPerMinute: 0, seed: 'terminal' });
  const [well, expired] = simulator.info.shops.map(({ sellerNick }) => sellerNick);
  const method = 'qimen.taobao.crm.trades.info.create';
  const quirks = { expiredSession: expired, brokenRow: { method, field: 'created', everyRows: 4 } };
  await fetch(`${simulator.url}/_sim/quirks`, { method: 'POST', body: JSON.stringify(quirks) });
  const env = simulatorEnvironment(simulator);
  return { env, well: well ?? '', expired: expired ?? '' };
}

function expectRestored(raw: string): void {
  expect(raw.lastIndexOf(SHOW_CURSOR)).toBeGreaterThanOrEqual(raw.lastIndexOf(HIDE_CURSOR));
  // The alternate screen and mouse reports are nobody's here.
  expect(raw).not.toContain('\u001b[?1049h');
  expect(raw).not.toContain('\u001b[?1000h');
}

describe('npm start on a terminal', () => {
  it('shows streams, queues, calls, tables, quarantine and sessions, and ends cleanly at Ctrl-C', async (context) => {
    context.skip(noPseudoTerminal !== undefined, noPseudoTerminal);
    const { env, well, expired } = await startTroubledWorld(60);
    const command = 'npm start -s -- --memory --port 0';
    terminal = onTerminal(command, { columns: 80, rows: 30, cwd: root, env });

    await terminal.shows([
      ...['Ctrl-C stops', `trades ${well}`, 'ad orders, product 1', 'lane', 'lag', 'caught up'],
      ...['queue', 'waiting', 'oldest', 'dead letters', 'ad-orders'],
      ...['TOP method', 'per s', 'banned', 'tmall.aliauto.trade.car.order.get'],
      ...['stored: ', ' ad lines, ', 'lead checks: '],
      ...['quarantine: ', 'quarantine list', `halted: ${expired}`],
    ]);
    terminal.type('\u0003');
    const code = await terminal.ended;

    const text = stripVTControlCharacters(terminal.raw());
    // The shells between, npm's among them, end by the same Ctrl-C and say so.
    expect([0, 130], text.slice(-2000)).toContain(code);
    expect(text).toContain('stopping: finishing what is in hand');
    // What stays is the summary, below everything else.
    expect(text.slice(text.lastIndexOf('stopping'))).toContain('in quarantine');
    expectRestored(terminal.raw());
  });

  it('draws --once with a bar and an estimate, and leaves the summary behind', async (context) => {
    context.skip(noPseudoTerminal !== undefined, noPseudoTerminal);
    const { env } = await startTroubledWorld(60);
    const command = 'npm start -s -- --once --memory';
    terminal = onTerminal(command, { columns: 120, rows: 40, cwd: root, env });

    await terminal.shows(['█', ' %, about ', 'stored: ']);
    const code = await terminal.ended;

    // Rows lie in quarantine: that is said, and the exit code says it too.
    const text = stripVTControlCharacters(terminal.raw());
    expect(code, text.slice(-2000)).toBe(1);
    expect(text.slice(text.lastIndexOf('stored: '))).toMatch(/quarantine/i);
    expectRestored(terminal.raw());
  });
});
