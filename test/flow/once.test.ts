import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEngines } from '../../infra/local/engines.ts';
import { startSimulator } from '../../infra/local/simulator/simulator.ts';
import { simulatorEnvironment } from '../support/simulatorEnvironment.ts';
import {
  exported,
  run,
  SMALL_WORLD,
  start,
  summaryOf,
  temporaryFolder,
  truthFor,
} from './carferryProcess.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** Every row of the four data tables, as stored. */
async function dataTables(path: string): Promise<Record<string, unknown[]>> {
  const engines = await startEngines({ dataDir: path });
  const client = new DynamoDBClient({
    endpoint: engines.dynamoDbUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const rows: Record<string, unknown[]> = {};
  for (const noun of ['orders', 'leads', 'ad-orders', 'items']) {
    const { Items = [] } = await client.send(new ScanCommand({ TableName: `carferry-local-${noun}` }));
    rows[noun] = Items;
  }
  client.destroy();
  await engines.close();
  return rows;
}

describe('npm start -- --once', () => {
  it('ends with exactly what the simulated world holds, through the launcher', async () => {
    const ended = await run(
      ['infra/local/main.ts', '--once', '--memory', '--json'],
      SMALL_WORLD,
      'tools/node24.mjs',
    );

    const summary = summaryOf(ended);
    const truth = await truthFor(summary);
    expect(summary.incomplete).toEqual([]);
    expect([ended.code, summary.ok, summary.parked.count]).toEqual([0, true, 0]);
    expect({ ...summary.tables, cars: summary.facets.cars, notCars: summary.facets.notCars }).toEqual({
      orders: truth.orders,
      leads: truth.leads,
      adOrders: truth.adLines + truth.otherSellersAdLines,
      items: truth.items,
      cars: truth.carOrders,
      notCars: truth.notCarOrders,
    });
    expect(truth.orders).toBeGreaterThan(30);
    expect(summary.queues.every(({ waiting, dead }) => waiting + dead === 0)).toBe(true);
  });

  it('changes no data table in a second run when there is nothing new', async () => {
    const anchorAt = Date.now() - 3_600_000;
    const simulator = await startSimulator({ anchorAt, trades: 40, shops: 1, growthPerMinute: 0 });
    await fetch(`${simulator.url}/_sim/freeze`, { method: 'POST', body: JSON.stringify({ at: anchorAt }) });
    const environment = simulatorEnvironment(simulator);
    const args = ['--once', '--data', folder.path, '--json'];
    const first = summaryOf(await run(args, environment));
    const before = await dataTables(folder.path);

    const second = await run(args, environment);
    await simulator.close();

    expect([first.ok, second.code, summaryOf(second).ok]).toEqual([true, 0, true]);
    expect(before['orders']?.length).toBeGreaterThan(20);
    expect(await dataTables(folder.path)).toEqual(before);
    const methods = summaryOf(second).calls.map(({ method }) => method);
    expect(methods.toSorted()).toEqual([
      'alibaba.taobao.ud.smart.order.detail.pull',
      'qimen.taobao.crm.trades.info.create',
    ]);
  });

  it('exports masked documents, and the same in clear with the key', async () => {
    const ended = await run(['--once', '--data', folder.path], SMALL_WORLD);
    const masked = await exported('leads', folder.path);
    const unsealed = await run(
      ['export', 'leads', '--data', folder.path, '--unseal', 'a test'],
      {},
      'infra/cli/main.ts',
    );
    const clear = unsealed.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

    for (const what of ['orders', 'ad-orders']) {
      expect((await exported(what, folder.path)).length).toBeGreaterThan(0);
    }
    expect([ended.code, unsealed.code]).toEqual([0, 0]);
    expect(ended.stdout).toContain('Everything adds up.');
    expect(masked.length).toBeGreaterThan(0);
    expect(masked.every(({ phone }) => phone === undefined || String(phone).includes('*'))).toBe(true);
    expect(clear.filter(({ phone }) => /^1\d{10}$/.test(phone)).length).toBeGreaterThan(0);
    const orderId = String(masked.find((lead) => lead['orderId'] !== undefined)?.['orderId']);
    const shown = await run(['show', orderId, '--data', folder.path, '--json'], {}, 'infra/cli/main.ts');
    expect(JSON.parse(shown.stdout)).toMatchObject({ order: { orderId }, lead: { orderId } });
    const told = await run(['show', orderId, '--data', folder.path], {}, 'infra/cli/main.ts');
    expect(told.stdout).toMatch(new RegExp(`^Order ${orderId}, .*[^]*Facets[^]*Person[^]*\\*[^]*Lead \\d+`));
    const status = await run(['status', '--data', folder.path, '--json'], {}, 'infra/cli/main.ts');
    expect(JSON.parse(status.stdout)).toMatchObject({ attachedTo: null, tables: { leads: masked.length } });
    // Six processes, on a machine that may be busy.
  }, 180_000);
});

describe('npm start', () => {
  it('serves the webhook, lets the CLI attach, and ends cleanly at a doubled Ctrl-C', async () => {
    const running = start(['--data', folder.path, '--port', '0', '--json'], SMALL_WORLD);
    await expect.poll(running.stderr, { timeout: 20_000 }).toMatch(/webhook on http:\/\/127\.0\.0\.1:\d+/);
    const port = /127\.0\.0\.1:(\d+)\/qimen/.exec(running.stderr())?.[1];
    const health = await fetch(`http://127.0.0.1:${port}/health`);
    const unsigned = await fetch(`http://127.0.0.1:${port}/qimen`, { method: 'POST', body: '{}' });
    const pulled = async () => (await exported('orders', folder.path)).length;
    await expect.poll(pulled, { timeout: 30_000, interval: 1000 }).toBeGreaterThan(30);
    const status = await run(['status', '--data', folder.path, '--json'], {}, 'infra/cli/main.ts');

    running.child.kill('SIGINT');
    running.child.kill('SIGINT');
    const ended = await running.ended;

    expect([health.status, unsigned.ok]).toEqual([200, true]);
    expect(await unsigned.text()).toMatch(/fail|false/i);
    expect(JSON.parse(status.stdout)).toMatchObject({ attachedTo: running.child.pid });
    expect([ended.code, ended.signal]).toEqual([0, null]);
    expect(summaryOf(ended).tables.orders).toBeGreaterThan(30);
  });
});
