import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { configuredStart } from '../../lib/lambda/configuredStart.ts';
import * as env from '../../lib/lambda/environment.ts';
import { shopFile, writeShopFile } from '../../lib/lambda/sessionsFolder.ts';
import { secretsVariable } from '../../lib/webhook/webhookVariables.ts';
import { type SecretsServer, startSecretsServer } from '../support/secretsServer.ts';
import { createFakeClock } from '../top/fakeClock.ts';
import { captureLines } from './captureLines.ts';

const NAMES = {
  APP_SECRET_NAME: 'carferry-dev/app',
  SHOPS_SECRET_NAME: 'carferry-dev/shops',
  SESSIONS_SECRET_NAME: 'carferry-dev/sessions',
};
const onLambda = { AWS_LAMBDA_FUNCTION_NAME: 'carferry-dev-pullTrades', ...NAMES };
const schema = z.object({
  TOP_APP_SECRET: z.string().min(1),
  CARFERRY_QIMEN_SECRET: secretsVariable(),
  CARFERRY_SHOPS: env.shopsVariable,
});
const setAt = '2026-11-01T10:00:00+08:00';
const entry = { sellerNick: '测试旗舰店', setAt, sessionHash: '0123456789abcdef' };

let server: SecretsServer;
beforeAll(async () => {
  server = await startSecretsServer();
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', server.url);
  vi.stubEnv('AWS_REGION', 'cn-north-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
});
beforeEach(() => {
  server.failWith(undefined);
  server.set(NAMES.APP_SECRET_NAME, { TOP_APP_SECRET: 'app-secret-1' });
  server.set(NAMES.SHOPS_SECRET_NAME, { v: 1, shops: [entry] });
  server.set(NAMES.SESSIONS_SECRET_NAME, { v: 1, sessions: { 测试旗舰店: { session: 'session-1' } } });
});

const sessionOf = (config: z.output<typeof schema>) => config.CARFERRY_SHOPS[0]?.session;

describe('the secrets of a stage', () => {
  it('are read at the first call, once for all who come together, and make the configuration', async () => {
    const before = server.calls['GetSecretValue'] ?? 0;
    const start = configuredStart(schema, onLambda, (config) => config);

    const untouched = server.calls['GetSecretValue'] ?? 0;
    const [config, other] = await Promise.all([start(), start()]);

    expect(untouched).toBe(before);
    expect(server.calls['GetSecretValue']).toBe(before + 3);
    expect(other).toBe(config);
    expect(config).toMatchObject({ TOP_APP_SECRET: 'app-secret-1', CARFERRY_QIMEN_SECRET: ['app-secret-1'] });
    expect(config.CARFERRY_SHOPS).toEqual([{ sellerNick: '测试旗舰店', session: 'session-1', setAt }]);
  });

  it('take effect within five minutes of a change, without a restart, and only then is anything built anew', async () => {
    const { clock, stall } = createFakeClock();
    let builds = 0;
    const build = (config: z.output<typeof schema>) => ({ build: ++builds, session: sessionOf(config) });
    const start = configuredStart(schema, onLambda, build, { clock });

    const first = await start();
    server.set(NAMES.SESSIONS_SECRET_NAME, { v: 1, sessions: { 测试旗舰店: { session: 'session-2' } } });
    const soon = await start();
    stall(299_000);
    const later = await start();
    stall(299_000);
    const unchanged = await start();

    expect([first, soon, later, unchanged].map(({ session }) => session)).toEqual([
      'session-1',
      'session-1',
      'session-2',
      'session-2',
    ]);
    expect([first, soon, later, unchanged].map(({ build }) => build)).toEqual([1, 1, 2, 2]);
  });

  it('let the webhook accept the secret before the last change, until its time is over', async () => {
    const { clock, stall } = createFakeClock();
    const until = new Date(clock.now() + 3_600_000).toISOString();
    const previous = { secret: 'callee-secret-1', until };
    server.set(NAMES.APP_SECRET_NAME, {
      TOP_APP_SECRET: 'app-secret-1',
      CARFERRY_QIMEN_SECRET: 'callee-secret-2',
      previous,
    });
    const start = configuredStart(schema, onLambda, (config) => config, { clock });

    const during = await start();
    stall(3_600_000);
    const after = await start();

    expect(during.CARFERRY_QIMEN_SECRET).toEqual(['callee-secret-2', 'callee-secret-1']);
    expect(after.CARFERRY_QIMEN_SECRET).toEqual(['callee-secret-2']);
  });

  it('give a function that calls nobody the sellers and no session', async () => {
    const sellers = z.object({ CARFERRY_SHOPS: env.sellersVariable });
    const { SESSIONS_SECRET_NAME: _none, ...environment } = onLambda;

    const config = await configuredStart(sellers, environment, (read) => read)();

    expect(config.CARFERRY_SHOPS).toEqual([{ sellerNick: '测试旗舰店' }]);
  });
});

describe('secrets that cannot be read', () => {
  const captured = captureLines();
  beforeEach(() => {
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', server.url);
    vi.stubEnv('AWS_REGION', 'cn-north-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  });

  it.each([
    ['AccessDeniedException', 'a refusal'],
    ['ResourceNotFoundException', 'a secret that is gone'],
    ['ThrottlingException', 'a service that is overloaded'],
  ])('leave the former ones in force, with a line in the log: %s', async (failure) => {
    const { clock, stall } = createFakeClock();
    const start = configuredStart(schema, onLambda, (config) => config, { clock });
    const first = await start();

    stall(300_000);
    server.failWith(failure);
    const kept = await start();
    server.failWith(undefined);
    server.set(NAMES.APP_SECRET_NAME, { TOP_APP_SECRET: 'app-secret-2' });
    stall(31_000);
    const next = await start();

    expect(kept).toBe(first);
    expect(next.TOP_APP_SECRET).toBe('app-secret-2');
    expect(captured.stdout).toEqual([
      expect.objectContaining({ level: 'ERROR', event: 'secrets-not-refreshed', function: 'pullTrades' }),
    ]);
  });

  it('leave the former ones in force when the new ones are malformed, and tell no value of them', async () => {
    const { clock, stall } = createFakeClock();
    const start = configuredStart(schema, onLambda, (config) => config, { clock });
    const first = await start();

    server.set(NAMES.APP_SECRET_NAME, '{"TOP_APP_SECRET":"top-secret-words"');
    stall(300_000);
    const kept = await start();

    expect(kept).toBe(first);
    expect(captured.stdout).toEqual([
      expect.objectContaining({ event: 'secrets-not-refreshed', reason: 'configuration' }),
    ]);
    expect(JSON.stringify(captured.stdout)).not.toContain('top-secret-words');
  });

  it('end the first invocation with the name of the secret and the command, and the next one tries again', async () => {
    server.failWith('ResourceNotFoundException');
    const start = configuredStart(schema, onLambda, (config) => config);

    const failing = start();
    await expect(failing).rejects.toMatchObject({
      reason: 'configuration',
      message: 'there is no secret carferry-dev/app',
      hint: 'npm run -s carferry -- app set-secret --stage dev',
    });
    server.failWith(undefined);

    expect((await start()).TOP_APP_SECRET).toBe('app-secret-1');
  });

  it.each([
    [
      'no shop',
      NAMES.SHOPS_SECRET_NAME,
      { v: 1, shops: [] },
      'carferry-dev/shops names no shop',
      'shops add',
    ],
    [
      'a shop without a session',
      NAMES.SESSIONS_SECRET_NAME,
      { v: 1, sessions: {} },
      'carferry-dev/sessions holds no session of 测试旗舰店',
      'shops set-session 测试旗舰店 --stage dev',
    ],
    [
      'a document of another version',
      NAMES.SHOPS_SECRET_NAME,
      { v: 2, shops: [entry] },
      'carferry-dev/shops cannot be read at v',
      'shops add',
    ],
  ])('are refused: %s', async (_case, name, value, message, hint) => {
    server.set(name, value);

    const failing = configuredStart(schema, onLambda, (config) => config)();

    await expect(failing).rejects.toMatchObject({ reason: 'configuration', message });
    await expect(failing).rejects.toMatchObject({ hint: expect.stringContaining(hint) });
  });

  it.each(['TOP_APP_SECRET', 'CARFERRY_QIMEN_SECRET', 'CARFERRY_SHOPS', 'CARFERRY_DATA_KEY'])(
    'are refused in a plain variable of a function: %s',
    async (name) => {
      const failing = configuredStart(
        schema,
        { ...onLambda, [name]: 'top-secret-words' },
        (config) => config,
      )();

      await expect(failing).rejects.toThrow(`${name} stands in a plain variable of a function`);
      await expect(failing).rejects.not.toThrow(/top-secret-words/);
    },
  );
});

describe('the shops of a data folder', () => {
  const masterKey = randomBytes(32);
  const local = {
    TOP_APP_SECRET: 'app-secret-1',
    CARFERRY_QIMEN_SECRET: 'app-secret-1',
    CARFERRY_SHOPS: '[{"sellerNick":"测试旗舰店","session":"session-1","types":["step"]}]',
    CARFERRY_DATA_KEY: masterKey.toString('base64'),
  };
  let folder: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'carferry-shops-')), 'shops');
    return () => rmSync(join(folder, '..'), { recursive: true });
  });
  const write = (sellerNick: string, text: string) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, shopFile(sellerNick)), text);
  };
  const kept = (sellerNick: string, session: string) =>
    writeShopFile({ entry: { ...entry, sellerNick }, secret: { session } }, masterKey);
  const startIn = (environment: object, clock = createFakeClock().clock) =>
    configuredStart(schema, { ...environment, CARFERRY_SHOPS_FOLDER: folder }, (config) => config, { clock });

  it('override a session of the environment and add shops; a running process takes them up', async () => {
    const { clock, stall } = createFakeClock();
    const start = startIn(local, clock);

    const first = await start();
    write('测试旗舰店', kept('测试旗舰店', 'session-2'));
    write('测试二店', kept('测试二店', 'session-3'));
    stall(2_000);
    const second = await start();

    expect(first.CARFERRY_SHOPS).toEqual([
      { sellerNick: '测试旗舰店', session: 'session-1', types: ['step'] },
    ]);
    expect(second.CARFERRY_SHOPS).toEqual([
      { sellerNick: '测试旗舰店', session: 'session-2', types: ['step'], setAt },
      { sellerNick: '测试二店', session: 'session-3', setAt },
    ]);
  });

  it('take a shop away that was removed', async () => {
    const two = '[{"sellerNick":"甲","session":"a"},{"sellerNick":"乙","session":"b"}]';
    write('甲', writeShopFile({ sellerNick: '甲', removedAt: setAt }, masterKey));

    const config = await startIn({ ...local, CARFERRY_SHOPS: two })();

    expect(config.CARFERRY_SHOPS).toEqual([{ sellerNick: '乙', session: 'b' }]);
  });

  it('hold no session in clear', () => {
    expect(kept('测试旗舰店', 'session-in-clear')).not.toContain('session-in-clear');
  });

  it.each([
    ['a malformed file', () => '{"v":1}', /cannot be read/],
    [
      'a file sealed with another key',
      () => writeShopFile({ entry, secret: { session: 's' } }, randomBytes(32)),
      /data key/,
    ],
    [
      'the sealed session of another shop',
      () => {
        const { secretSealed } = JSON.parse(kept('测试二店', 'session-3'));
        return JSON.stringify({ v: 1, ...entry, secretSealed });
      },
      /data key/,
    ],
  ])('are refused with the command that repairs them: %s', async (_case, text, message) => {
    write('测试旗舰店', text());

    const failing = startIn(local)();

    await expect(failing).rejects.toThrow(message);
    await expect(failing).rejects.toMatchObject({
      reason: 'configuration',
      hint: expect.stringContaining('set-session'),
    });
  });
});
