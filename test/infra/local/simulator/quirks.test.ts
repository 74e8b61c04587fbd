import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../../../infra/local/simulator/simulator.ts';
import {
  allTypes,
  call,
  callText,
  carMethod,
  control,
  itemMethod,
  list,
  pick,
  tradesMethod,
} from './simulatorClient.ts';

let simulator: Simulator;
let seller: string;
let session: string;

beforeAll(async () => {
  simulator = await startSimulator({ trades: 300, shops: 1 });
  seller = simulator.info.shops[0]?.sellerNick ?? '';
  session = simulator.info.shops[0]?.session ?? '';
});
afterEach(async () => {
  await control(simulator, 'quirks', undefined, 'DELETE');
});
afterAll(async () => {
  await simulator.close();
});

const item = () => callText(simulator, itemMethod, { item_id: '3232' });

test('a ban answers every call with the seconds left, for its method alone', async () => {
  await control(simulator, 'quirks', { ban: { method: itemMethod, seconds: 30 } });

  const banned = await call(simulator, itemMethod, { item_id: '3232' });
  const free = await call(simulator, carMethod, { session, query: '{"order_id":1}' });

  expect(pick(banned, 'error_response', 'code')).toBe(7n);
  expect(pick(banned, 'error_response', 'sub_code')).toBe('accesscontrol.limited-by-api-access-count');
  expect(pick(banned, 'error_response', 'sub_msg')).toMatch(/^This ban will last for (29|30) more seconds$/);
  expect(pick(free, 'error_response')).toBeUndefined();
});

test('every n-th call can begin a ban', async () => {
  await control(simulator, 'quirks', { ban: { seconds: 60, everyCalls: 3 } });

  const texts = [await item(), await item(), await item(), await item()].map(({ text }) =>
    text.includes('App Call Limited'),
  );

  expect(texts).toEqual([false, false, true, true]);
});

test('faults come at their rate: server errors, HTML in a 200, cut bodies', async () => {
  await control(simulator, 'quirks', { serverErrorRate: 1 });
  const down = await item();
  await control(simulator, 'quirks', { serverErrorRate: 0, htmlRate: 1 });
  const html = await item();
  await control(simulator, 'quirks', { htmlRate: 0, truncateRate: 1 });
  const cut = await item();

  expect(down.status).toBeGreaterThanOrEqual(502);
  expect([html.status, html.text.startsWith('<!DOCTYPE html>')]).toEqual([200, true]);
  expect(() => JSON.parse(cut.text)).toThrow(SyntaxError);
});

test('a hanging call is never answered, and does not keep the simulator open', async () => {
  const other = await startSimulator({ trades: 1 });
  await control(other, 'quirks', { hangRate: 1 });
  const pending = new Promise<string>((resolve) => {
    const call = request(other.topUrl, { method: 'POST' }, () => resolve('answered'));
    call.on('error', () => resolve('cut'));
    call.end();
  });
  while (pick(await control(other, 'stats'), '(none)', 'outcomes', 'hang') !== 1);

  await other.close();

  expect(await pending).toBe('cut');
});

test('one shop can have an expired session', async () => {
  await control(simulator, 'quirks', { expiredSession: seller });

  const reply = await call(simulator, carMethod, { session, query: '{"order_id":1}' });

  expect(pick(reply, 'error_response', 'sub_code')).toBe('session-expired');
});

test('broken rows are the same ones on every walk; late rows appear later', async () => {
  const page = async () => {
    const params = { seller_nick: seller, type: allTypes, fields: 'tid,created', page_size: '100' };
    return list(pick(await call(simulator, tradesMethod, params), 'trades'));
  };
  await control(simulator, 'quirks', {
    brokenRow: { method: tradesMethod, field: 'created', everyRows: 10 },
  });
  const broken = (rows: unknown[]) =>
    rows.filter((row) => typeof pick(row, 'created') === 'object').map((row) => pick(row, 'tid'));
  const [first, second] = [broken(await page()), broken(await page())];
  await control(simulator, 'quirks', undefined, 'DELETE');
  const before = await page();
  await control(simulator, 'quirks', { lateRows: { everyRows: 1, seconds: 100 * 86_400 } });

  expect(first.length).toBeGreaterThan(2);
  expect(second).toEqual(first);
  expect(before.length).toBe(100);
  expect(await page()).toEqual([]);
});

test('unknown fields and absent items can be asked for; wrong quirks are refused', async () => {
  await control(simulator, 'quirks', { unknownFieldRate: 1, absentItems: ['3232'] });
  const reply = pick(
    await call(simulator, itemMethod, { item_id: '3232' }),
    'tbk_item_info_upgrade_get_response',
  );

  expect(pick(reply, 'simulator_unknown_field')).toBe('new');
  expect(list(pick(reply, 'results'))).toEqual([]);
  expect(await control(simulator, 'quirks', { htmlRate: 2 })).toEqual({
    error: 'htmlRate must be from 0 to 1',
  });
  expect(await control(simulator, 'quirks', { typo: 1 })).toEqual({ error: 'typo is unknown' });
  expect(await control(simulator, 'quirks', { lateRows: { everyRows: 0, seconds: 1 } })).toEqual({
    error: 'lateRows.everyRows must be above 0',
  });
  expect(await control(simulator, 'quirks', { brokenRow: { method: itemMethod } })).toEqual({
    error: 'brokenRow.0.field must be text',
  });
});
