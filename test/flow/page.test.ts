import { type ChildProcess, execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { exported, type Running, run, SMALL_WORLD, start, temporaryFolder } from './carferryProcess.ts';

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const CHROMIUM_FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--no-first-run', '--virtual-time-budget=5000'],
];

const statusSchema = z.object({
  mode: z.literal('run'),
  tables: z.object({ orders: z.number(), leads: z.number() }),
  streams: z.array(z.object({ stream: z.string(), state: z.string(), rows: z.number() })),
  queues: z.array(z.object({ name: z.string(), waiting: z.number() })),
  calls: z.array(z.object({ method: z.string(), calls: z.number() })),
  shops: z.array(z.object({ shop: z.string(), green: z.number(), daysLeft: z.number().nullable() })),
  limits: z.record(z.string(), z.number()),
  series: z.object({ orders: z.array(z.number()) }),
});

let folder: ReturnType<typeof temporaryFolder>;
let running: Running;
let address: string;

const status = async () => statusSchema.parse(await (await fetch(`${address}status.json`)).json());

beforeAll(async () => {
  folder = temporaryFolder();
  running = start(['--data', folder.path, '--port', '0'], SMALL_WORLD);
  address = await vi.waitFor(
    () => {
      const said = /status page on (http:\S+)/.exec(running.stderr())?.[1];
      if (said === undefined) throw new Error(running.stderr());
      return said;
    },
    { timeout: 30_000, interval: 100 },
  );
  await vi.waitFor(
    async () => {
      if ((await status()).tables.leads <= 10) throw new Error('too few leads so far');
    },
    { timeout: 60_000, interval: 500 },
  );
}, 120_000);

afterAll(async () => {
  await ended(running.child);
  folder.remove();
}, 60_000);

async function ended(child: ChildProcess): Promise<void> {
  child.kill('SIGINT');
  await running.ended;
}

/** `fetch` does not let the host header be set. */
function askAs(host: string, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(new URL(path, address), { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on('error', reject);
  });
}

describe('the status page of npm start', () => {
  it('tells what the tables hold, while the run goes on', async () => {
    const { length } = await exported('orders', folder.path);
    // Limits are looked at every ten seconds.
    const told = await vi.waitFor(
      async () => {
        const now = await status();
        expect(now.limits['tmall.aliauto.lead.info.get']).toBe(1000);
        return now;
      },
      { timeout: 60_000, interval: 500 },
    );

    expect(told.tables.orders).toBeGreaterThanOrEqual(length - 5);
    expect(told.streams.filter(({ stream }) => stream.endsWith('#live')).length).toBeGreaterThan(3);
    expect(told.calls.every(({ calls }) => calls > 0)).toBe(true);
    expect(told.queues).toHaveLength(3);
    expect(told.shops.length).toBeGreaterThan(1);
  });

  it('answers to this machine only and leaves the webhook as it is', async () => {
    const codes = [await askAs('evil.example', '/'), await askAs('evil.example', '/status.json')];
    const posted = await fetch(address, { method: 'POST', body: 'x' });

    expect([...codes, posted.status]).toEqual([403, 403, 405]);
    expect(await askAs('hooks.example', '/health')).toBe(200);
    expect((await fetch(`${address}nowhere`)).status).toBe(404);
  });

  it('finds an order by its id and by its lead, masked', async () => {
    const lead = (await exported('leads', folder.path)).find(({ orderId }) => orderId !== undefined);
    const byOrder = await (await fetch(`${address}orders.json?q=${lead?.['orderId']}`)).text();
    const byLead = await (await fetch(`${address}orders.json?q=${lead?.['leadId']}`)).text();
    const missing = await fetch(`${address}orders.json?q=1`);

    expect(JSON.parse(byOrder)).toMatchObject({ order: { orderId: lead?.['orderId'] } });
    expect(JSON.parse(byLead)).toMatchObject({ order: { orderId: lead?.['orderId'] } });
    expect(byOrder).toMatch(/\*\*\*\*\d{4}/);
    expect(byOrder).not.toMatch(/"1[3-9]\d{9}"/);
    expect(missing.status).toBe(404);
  });

  it('lets the CLI attach and tell its address', async () => {
    const { stdout } = await run(['status', '--data', folder.path, '--json'], {}, 'infra/cli/main.ts');

    expect(JSON.parse(stdout)).toMatchObject({ pageUrl: address, calls: expect.any(Array) });
  });

  it('draws itself in a browser under its own content policy', async (context) => {
    if (CHROMIUM === undefined) context.skip('no chromium on this machine: the page is not drawn');
    const lead = (await exported('leads', folder.path)).find(({ orderId }) => orderId !== undefined);
    const profile = mkdtempSync(join(tmpdir(), 'carferry-chromium-'));
    const url = `${address}?q=${lead?.['orderId']}`;
    const flags = [...CHROMIUM_FLAGS, `--user-data-dir=${profile}`, '--dump-dom', url];
    const { stdout } = await promisify(execFile)(CHROMIUM ?? '', flags, {
      timeout: 60_000,
      maxBuffer: 4_000_000,
    });
    rmSync(profile, { recursive: true, force: true });

    expect(stdout).toMatch(/<b>\d{2,}<\/b>orders/);
    expect(stdout.match(/<svg/g)?.length).toBe(3);
    expect(stdout).toContain('tmall.aliauto.lead.info.get');
    expect(stdout).toContain('Person (masked)');
    expect(stdout).toMatch(/<table id="shops">.*green days.*<\/table>/s);
    expect(stdout).toMatch(/<p id="verdict" class="badge (?:good|bad)"/);
  }, 90_000);
});
