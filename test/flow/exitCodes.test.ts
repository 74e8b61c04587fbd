import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startSimulator } from '../../infra/local/simulator/simulator.ts';
import { run, SMALL_WORLD, temporaryFolder } from './carferryProcess.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const once = ['--once', '--memory', '--json'];
const both = { TOP_GATEWAY_URL: 'https://127.0.0.1:1/top', QIMEN_GATEWAY_URL: 'https://127.0.0.1:1/qm' };
const app = { TOP_APP_KEY: '12345678', TOP_APP_SECRET: 'invented', QIMEN_TARGET_APP_KEY: '87654321' };

describe('bad configuration ends with exit code 2 and one line that names it', () => {
  it.each<[string, string[], Record<string, string>, string]>([
    ['an unknown flag', ['--twice'], {}, '--twice'],
    ['an unexpected argument', ['once'], {}, 'too many arguments'],
    ['a port that is no number', ['--port', 'eighty'], {}, '--port'],
    ['a port out of range', ['--port', '70000'], {}, '--port'],
    ['a limit of zero', ['--once', '--limit', '0'], {}, '--limit'],
    ['a time without offset', ['--once', '--from', '2026-11-01T00:00:00'], {}, '--from'],
    ['a time that is none', ['--once', '--to', 'yesterday'], {}, '--to'],
    ['bounds without --once', ['--from', '2026-11-01T00:00:00+08:00'], {}, '--once'],
    [
      'bounds the wrong way round',
      [...once, '--from', '2026-11-02T00:00Z', '--to', '2026-11-01T00:00Z'],
      {},
      '--from',
    ],
    ['a limit without --once', ['--limit', '5'], {}, '--limit'],
    ['--from at the epoch without --once', ['--from', '1970-01-01T00:00:00Z'], {}, '--from'],
    [
      'a mistyped member of a shop',
      once,
      { ...both, ...app, CARFERRY_SHOPS: '[{"sellerNick":"x","session":"y","carCid":["1"]}]' },
      'CARFERRY_SHOPS',
    ],
    ['a switch that is neither on nor off', once, { PULL_MESSAGES: 'yes' }, 'PULL_MESSAGES'],
    ['no day to look back', once, { LOOKBACK_DAYS: '0' }, 'LOOKBACK_DAYS'],
    ['--memory with a folder', ['--once', '--memory', '--data', 'x'], {}, '--memory'],
    ['one gateway URL only', once, { TOP_GATEWAY_URL: both.TOP_GATEWAY_URL }, 'QIMEN_GATEWAY_URL'],
    ['a gateway without app', once, both, 'TOP_APP_KEY'],
    ['shops that are no JSON', once, { ...both, ...app, CARFERRY_SHOPS: '[{' }, 'CARFERRY_SHOPS'],
    [
      'a shop without session',
      once,
      { ...both, ...app, CARFERRY_SHOPS: '[{"sellerNick":"x"}]' },
      'CARFERRY_SHOPS',
    ],
    ['a malformed data key', once, { CARFERRY_DATA_KEY: 'short' }, 'CARFERRY_DATA_KEY'],
    ['a malformed rate', once, { CARFERRY_RATE: 'fast' }, 'CARFERRY_RATE'],
  ])('%s', async (_, args, environment, named) => {
    const { code, stdout, stderr } = await run(args, environment);

    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(named)]);
    expect([code, stdout]).toEqual([2, '']);
  });

  it.each([
    ['--from', '2099-01-01T00:00:00Z'],
    ['--to', '2001-01-01T00:00:00Z'],
  ])('%s %s, which leaves nothing to pull', async (flag, time) => {
    const { code, stdout, stderr } = await run([...once, flag, time], SMALL_WORLD);

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n').at(-1)).toContain(flag);
  });

  it('a data folder whose stamp is lost', async () => {
    mkdirSync(join(folder.path, 'tables'), { recursive: true });

    const { code, stderr } = await run(['--once', '--data', folder.path]);

    expect([code, stderr.trim().split('\n')]).toEqual([2, [expect.stringContaining('stamp.json')]]);
  });

  it('a data folder that is a file', async () => {
    writeFileSync(folder.path, 'a file');

    const { code, stderr } = await run(['--once', '--data', folder.path]);

    expect([code, stderr.trim().split('\n')]).toEqual([2, [expect.stringContaining(folder.path)]]);
  });

  it('a data folder in use, naming the process', async () => {
    mkdirSync(folder.path);
    writeFileSync(join(folder.path, 'lock'), JSON.stringify({ pid: process.pid }));

    const { code, stderr } = await run(['--once', '--data', folder.path]);

    expect([code, stderr.trim().split('\n')]).toEqual([
      2,
      [expect.stringContaining(`in use by process ${process.pid}`)],
    ]);
  });

  it('a data folder that belongs to another world or app', async () => {
    const stamp = {
      v: 1,
      origin: { gateway: 'simulator', seed: 'theirs', anchorAt: 1, trades: 1, shops: 1 },
      keyFingerprint: 'x',
    };
    mkdirSync(folder.path);
    writeFileSync(join(folder.path, 'stamp.json'), JSON.stringify(stamp));

    const world = await run(['--once', '--data', folder.path], { CARFERRY_SIM_SEED: 'ours' });
    const shops = '[{"sellerNick":"测试店","session":"invented-session"}]';
    const real = await run(['--once', '--data', folder.path], { ...both, ...app, CARFERRY_SHOPS: shops });

    expect([world.code, world.stderr.trim().split('\n')]).toEqual([2, [expect.stringContaining("'theirs'")]]);
    expect([real.code, real.stderr.trim().split('\n')]).toEqual([
      2,
      [expect.stringContaining('app 12345678')],
    ]);
    expect(existsSync(join(folder.path, 'lock'))).toBe(false);
  });

  it('a busy port', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = String(typeof address === 'object' && address !== null ? address.port : 0);

    const { code, stderr } = await run(['--memory', '--port', port], SMALL_WORLD);
    server.close();

    expect(code).toBe(2);
    expect(stderr.trim().split('\n').at(-1)).toContain(`port ${port} is in use`);
  });

  it.each([
    ['secret', { TOP_APP_SECRET: 'wrong' }, 'TOP_APP_SECRET'],
    ['app key', { TOP_APP_KEY: '11111111' }, 'TOP_APP_KEY'],
  ])('a wrong app %s, after the first refused calls', async (_, wrong, named) => {
    const simulator = await startSimulator({ trades: 5, shops: 1, growthPerMinute: 0 });
    const { appKey, appSecret, targetAppKey, shops } = simulator.info;
    const right = {
      TOP_GATEWAY_URL: simulator.topUrl,
      QIMEN_GATEWAY_URL: simulator.qimenUrl,
      TOP_APP_KEY: appKey,
      TOP_APP_SECRET: appSecret,
      QIMEN_TARGET_APP_KEY: targetAppKey,
      CARFERRY_SHOPS: JSON.stringify(shops),
    };

    const { code, stdout, stderr } = await run(once, { ...right, ...wrong });
    await simulator.close();

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n').at(-1)).toContain(named);
    expect(stderr).not.toContain('wrong');
  });
});

describe('the operator command', () => {
  it.each([
    ['an unknown command', ['import'], 'import'],
    ['an unknown export', ['export', 'buyers'], 'buyers'],
    ['an order id that is none', ['show', 'x1'], 'digits'],
    ['an unsealing without a reason', ['show', '1', '--unseal'], '--unseal'],
    ['an unsealing with an empty reason', ['export', 'orders', '--unseal', ' '], 'logged'],
    ['a flag in place of the reason', ['export', 'orders', '--unseal', '--data', 'x'], '--unseal'],
    ['quarantine show without an id', ['quarantine', 'show'], 'id'],
    ['a folder that is not there', ['status', '--data', '/nowhere/at/all'], '/nowhere/at/all'],
  ])('ends with 2 for %s', async (_, args, named) => {
    const { code, stdout, stderr } = await run(args, {}, 'infra/cli/main.ts');

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining(named)]);
  });

  it.each([
    ['an argument', ['erase', '13900000001']],
    ['the value of a flag that takes none', ['erase', '--phone=13900000001']],
  ])('does not repeat a phone number given as %s, and says where it is read from', async (_, args) => {
    const { code, stderr } = await run(args, {}, 'infra/cli/main.ts');

    expect(code).toBe(2);
    expect(stderr).toContain('A phone number is read from standard input.');
    expect(stderr).not.toContain('139');
  });

  it.each([
    ['--order', ['erase', '--order', '139 0000 0001']],
    ['orderId', ['show', '+8613900000001']],
    ['orderId', ['dues', 'repair', '测试甲']],
  ])('names %s and not what was given in place of an order id', async (name, args) => {
    const { code, stdout, stderr } = await run(args, {}, 'infra/cli/main.ts');

    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim()).toBe(`error: ${name}: an order id is digits only (e.g. 4277659395456225432)`);
  });

  it.each([
    ['infra/local/main.ts', ['--help'], ['--once', '--json', '--data', 'Examples', 'Exit codes']],
    ['infra/cli/main.ts', ['--help'], ['export', 'show', 'status', 'Examples']],
    ['infra/cli/main.ts', ['export', '--help'], ['orders', 'leads', 'ad-orders', '--unseal']],
    ['infra/cli/main.ts', ['show', '--help'], ['orderId', '--data', 'Examples']],
    ['infra/cli/main.ts', ['status', '--help'], ['--json', '--data', 'Examples']],
    ['infra/cli/main.ts', ['quarantine', 'list', '--help'], ['--json', '--data', 'Examples']],
    ['infra/cli/main.ts', ['quarantine', 'show', '--help'], ['<id>', '--unseal', 'Examples']],
  ])('%s %j explains itself', async (program, args, words) => {
    const { code, stdout } = await run(args, {}, program);

    expect(code).toBe(0);
    for (const word of words) expect(stdout).toContain(word);
  });
});
