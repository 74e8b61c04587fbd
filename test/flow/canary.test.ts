import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { startEngines } from '../../infra/local/engines.ts';
import { pushedLead } from '../../infra/local/simulator/platform/pushedCall.ts';
import { type Simulator, startSimulator } from '../../infra/local/simulator/simulator.ts';
import { readTemplate } from '../../infra/local/template.ts';
import { call, control } from '../infra/local/simulator/simulatorClient.ts';
import { type Ended, run, start } from './carferryProcess.ts';

/*
 * Unique personal values go through every path (pulled, named by messages, pushed as JSON, form and XML, broken rows,
 * failing calls). Afterwards none of them may be found in clear anywhere outside the process: output, logs, files,
 * tables, queues, exports.
 */

const SEED = 'canary';
const REASON = 'a test of this repository';
const SECRET = 'callee-secret-of-this-test';
const PUSHED = {
  name: '测试信鸽',
  mobile: '13912345678',
  addr: '测试大道 7766 号 8 室',
};

const values = z.array(z.string());
const canariesSchema = z.object({
  names: values,
  nicks: values,
  phones: values,
  identityNumbers: values,
  addresses: values,
});

const messagesSchema = z.object({ confirmed: z.number() });

/** As the simulator's platform pushes them, as JSON, form and XML in turn; the last one forged. */
const PUSHED_BY_PLATFORM = [0, 1, 2, 3, 4, 5].map((n) => pushedLead(SEED, n));

let simulator: Simulator;
let folder: string;
let env: Record<string, string>;
let canaries: string[];
let outputs: Map<string, string>;

/** The bytes under which a value could be lying about; base64 depends on its place in a triple of bytes. */
function formsOf(value: string): Buffer[] {
  const utf8 = Buffer.from(value, 'utf8');
  const escaped = JSON.stringify(value).slice(1, -1);
  const asciiJson = escaped.replace(
    /[\u0080-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), utf8]).toString('base64');
    // Characters that mix with neighbouring bytes are cut off on both sides.
    return text.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + utf8.length) * 8) / 6));
  });
  return [
    utf8,
    Buffer.from(value, 'utf16le'),
    Buffer.from(value, 'utf16le').swap16(),
    Buffer.from(asciiJson),
    Buffer.from(encodeURIComponent(value)),
    ...base64.map((text) => Buffer.from(text)),
  ];
}

function foundIn(content: Buffer): string[] {
  return canaries.filter((value) =>
    formsOf(value).some((form) => form.length >= 6 && content.includes(form)),
  );
}

function signedPush(): { path: string; body: string } {
  const body = JSON.stringify({
    ...PUSHED,
    attr: JSON.stringify({ store_id: '1', store_code: 'A1' }),
    unknown_contact_phone: '13912345679',
  });
  const timestamp = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
  const query: Record<string, string> = {
    app_key: '1',
    method: 'qimen.tmall.car.leads.synchronize',
    shop: simulator.info.shops[0]?.sellerNick ?? '',
    timestamp,
  };
  const text = Object.keys(query)
    .sort()
    .map((name) => `${name}${query[name]}`)
    .join('');
  const sign = createHash('md5').update(`${SECRET}${text}${body}${SECRET}`).digest('hex').toUpperCase();
  return { path: `/qimen?${new URLSearchParams({ ...query, sign })}`, body };
}

async function pushLeadToRunningSystem(): Promise<void> {
  const running = start(['--data', folder, '--port', '0'], { ...env, PULL_MESSAGES: 'on' });
  const address = await new Promise<string>((resolve, reject) => {
    running.child.stderr?.on('data', () => {
      const found = /webhook on (http:\/\/127\.0\.0\.1:\d+)/.exec(running.stderr())?.[1];
      if (found !== undefined) resolve(found);
    });
    running.ended.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
  const { path, body } = signedPush();
  const headers = { 'content-type': 'application/json' };
  const reply = await fetch(`${address}${path}`, { method: 'POST', headers, body });
  outputs.set('webhook reply', await reply.text());
  const refused = await fetch(`${address}${path}x`, { method: 'POST', headers, body });
  outputs.set('webhook refusal', await refused.text());
  await expectStored(PUSHED.mobile.slice(-4));
  const push = { url: `${address}/qimen`, secret: SECRET, count: 6, probe: true, forgedEvery: 6 };
  const shop = simulator.info.shops[0]?.sellerNick ?? '';
  const pushed = await control(simulator, 'push', { ...push, shop });
  outputs.set("the platform's pushes", JSON.stringify(pushed));
  await expectConfirmed();
  running.child.kill('SIGINT');
  note('continuous run', await running.ended);
}

/** Waits until the attached export shows the pushed lead by the end of its masked phone. */
async function expectStored(phoneEnd: string): Promise<void> {
  for (let look = 0; look < 20; look += 1) {
    const { stdout } = await cli('export', 'leads');
    if (stdout.includes(`****${phoneEnd}`)) return;
  }
  throw new Error('the pushed lead was not stored');
}

/** Waits until messages of the platform have been taken: their orders were in the queue before. */
async function expectConfirmed(): Promise<void> {
  for (let look = 0; look < 300; look += 1) {
    const { confirmed } = messagesSchema.parse(await control(simulator, 'messages'));
    if (confirmed > 0) return;
    await delay(200);
  }
  throw new Error('the messages were not confirmed');
}

const cli = (...args: readonly string[]): Promise<Ended> =>
  run([...args, '--data', folder], { NO_COLOR: '1' }, 'infra/cli/main.ts');

function note(name: string, { stdout, stderr }: Ended): void {
  outputs.set(name, stdout + stderr);
}

beforeAll(async () => {
  simulator = await startSimulator({ trades: 60, shops: 1, seed: SEED });
  // From here on the platform tells of changed orders; the run that listens to it comes later.
  await call(simulator, 'taobao.tmc.user.permit', { session: simulator.info.shops[0]?.session ?? '' });
  folder = mkdtempSync(join(tmpdir(), 'carferry-canary-'));
  env = {
    TOP_GATEWAY_URL: simulator.topUrl,
    QIMEN_GATEWAY_URL: simulator.qimenUrl,
    TOP_APP_KEY: simulator.info.appKey,
    TOP_APP_SECRET: simulator.info.appSecret,
    QIMEN_TARGET_APP_KEY: simulator.info.targetAppKey,
    CARFERRY_SHOPS: JSON.stringify(simulator.info.shops),
    CARFERRY_QIMEN_SECRET: SECRET,
    CARFERRY_RATE: '1000',
    SETTLE_SECONDS: '1',
    LOG_LEVEL: 'DEBUG',
  };
  outputs = new Map();
  const carOrders = 'tmall.aliauto.trade.car.order.get';
  await fetch(`${simulator.url}/_sim/quirks`, {
    method: 'POST',
    body: JSON.stringify({
      unknownFieldRate: 0.3,
      serverErrorRate: 0.02,
      truncateRate: 0.02,
      htmlRate: 0.02,
      brokenRow: { method: carOrders, field: 'actual_paid_fee', everyRows: 5 },
    }),
  });
  note('once', await run(['--once', '--json', '--data', folder], env));
  await fetch(`${simulator.url}/_sim/quirks`, { method: 'DELETE' });
  await pushLeadToRunningSystem();
  for (const what of ['orders', 'leads', 'ad-orders']) note(`export ${what}`, await cli('export', what));
  note('status', await cli('status'));
  note('quarantine', await cli('quarantine', 'list'));
  const parkedId = String(JSON.parse((await cli('quarantine', 'list', '--json')).stdout)[0]?.quarantineId);
  note('parked', await cli('quarantine', 'show', parkedId));
  const orderId = /"orderId":"(\d+)"/.exec(outputs.get('export leads') ?? '')?.[1] ?? '';
  note('show', await cli('show', orderId));
  const served = canariesSchema.parse(await (await fetch(`${simulator.url}/_sim/canaries`)).json());
  canaries = Object.values(served).flat();
  canaries.push(...Object.values(PUSHED), '13912345679');
  for (const { name, mobile, addr } of PUSHED_BY_PLATFORM) {
    canaries.push(...[name, mobile, addr].filter((value) => value !== undefined));
  }
}, 400_000);

afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('personal data', () => {
  it('went through: the export shows masks of buyers and leads, and --unseal shows the values', async () => {
    const unsealed = await cli('export', 'orders', '--unseal', REASON);
    const leads = await cli('export', 'leads', '--unseal', REASON);

    expect(unsealed.code).toBe(0);
    expect(canaries.length).toBeGreaterThan(100);
    expect(outputs.get('export orders')).toMatch(/139\*\*\*\*\d{4}/);
    expect(foundIn(Buffer.from(unsealed.stdout)).length).toBeGreaterThan(50);
    expect(leads.stdout).toContain(PUSHED.mobile);
    expect(leads.stdout).toContain(PUSHED.name);
  });

  it('is shown only with a reason, and who saw how much stands in unseal.log and on stderr', async () => {
    const refused = await cli('export', 'leads', '--unseal', ' ');
    const { stderr } = await cli('export', 'leads', '--unseal', REASON);
    const log = readFileSync(join(folder, 'unseal.log'), 'utf8').trim().split('\n');
    const last = log.slice(-2).map((line) => JSON.parse(line));

    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(stderr).toContain(REASON);
    expect(foundIn(Buffer.from(stderr + log.join('\n')))).toEqual([]);
    expect(last).toMatchObject([
      { event: 'begin', command: 'export leads', reason: REASON },
      { event: 'end', who: expect.stringContaining('@'), count: expect.any(Number) },
    ]);
    expect(last[0].id).toBe(last[1].id);
    expect(last[1].count).toBeGreaterThan(10);
  });

  it('is in no output: summary, logs, webhook replies, masked exports', () => {
    const leaks = [...outputs].flatMap(([name, text]) =>
      foundIn(Buffer.from(text)).length > 0 ? [name] : [],
    );

    expect(leaks).toEqual([]);
  });

  it('is in no file of the data folder', () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    const leaks = files
      .filter((file) => foundIn(readFileSync(join(file.parentPath, file.name))).length > 0)
      .map((file) => file.name);

    expect(files.length).toBeGreaterThan(3);
    expect(leaks).toEqual([]);
  });

  it('is in no item of any table, compressed or not', async () => {
    const engines = await startEngines({ dataDir: folder });
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = new DynamoDBClient({ endpoint: engines.dynamoDbUrl, region: 'local', credentials });
    const leaks: string[] = [];
    let items = 0;
    for (const { name } of readTemplate().tables) {
      for await (const page of paginateScan({ client }, { TableName: name })) {
        items += page.Items?.length ?? 0;
        if (foundIn(Buffer.from(JSON.stringify(page.Items))).length > 0) leaks.push(name);
      }
    }
    client.destroy();
    await engines.close();

    expect(items).toBeGreaterThan(100);
    expect(leaks).toEqual([]);
  });

  it('would be found: the search sees every form it looks for', () => {
    const [value = ''] = canaries;
    const forms = formsOf(value).map((form) =>
      Buffer.concat([Buffer.from('x\u0000y'), form, Buffer.from('z')]),
    );

    expect(forms.every((form) => foundIn(form).includes(value))).toBe(true);
  });
});
