import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { changedAppSecret, withAppSecret } from '../../../infra/cli/appSecrets.ts';
import { createFolderRegistry } from '../../../infra/cli/folderRegistry.ts';
import { type OpenRegistry, withRegistry } from '../../../infra/cli/openRegistry.ts';
import { refuseUnpreparedStage } from '../../../infra/cli/preparedStage.ts';
import { addShop, listShops, removeShop, setSession } from '../../../infra/cli/shops.ts';
import { readLocalSecrets } from '../../../lib/lambda/secrets.ts';
import { sessionFingerprint } from '../../../lib/store/halts.ts';
import { type SecretsServer, startSecretsServer } from '../../support/secretsServer.ts';

const SHOP = '测试旗舰店';
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000 + 60_000).toISOString();
const names = async (open: OpenRegistry) =>
  (await listShops(open, Date.now())).map(({ sellerNick }) => sellerNick);

describe('shops of a data folder', () => {
  const masterKey = randomBytes(32);
  let folder: string;
  let open: OpenRegistry;
  let forgotten: string[];
  beforeEach(() => {
    const base = mkdtempSync(join(tmpdir(), 'carferry-shops-'));
    folder = join(base, 'shops');
    forgotten = [];
    open = {
      registry: createFolderRegistry(folder, masterKey),
      given: [{ sellerNick: SHOP, session: 'session-1', types: ['step'] }],
      working: [{ shop: '测试二店' }],
      forget: async (nick) => void forgotten.push(nick),
      flags: '--data x',
    };
    return () => rmSync(base, { recursive: true });
  });

  it('get a new session that what runs will read, sealed and for the owner only', async () => {
    await setSession(open, SHOP, 'session-2', { expiresAt: inDays(30) });

    const files = readdirSync(folder).map((file) => join(folder, file));
    const text = files.map((file) => readFileSync(file, 'utf8')).join('');
    const { CARFERRY_SHOPS = '' } = readLocalSecrets({
      CARFERRY_SHOPS: JSON.stringify(open.given),
      CARFERRY_SHOPS_FOLDER: folder,
      CARFERRY_DATA_KEY: masterKey.toString('base64'),
    })(Date.now());
    expect(JSON.parse(CARFERRY_SHOPS)).toEqual([
      expect.objectContaining({ sellerNick: SHOP, session: 'session-2', types: ['step'] }),
    ]);
    expect(text).not.toContain('session-2');
    expect(files.map((file) => statSync(file).mode & 0o777)).toEqual([0o600]);
    expect((await listShops(open, Date.now())).at(-1)).toMatchObject({
      sellerNick: SHOP,
      from: 'shops',
      daysLeft: 31,
    });
  });

  it('are all listed: those of the environment, of the tables and of the commands', async () => {
    await addShop(open, '测试三店', 'session-3', {});

    expect(await names(open)).toEqual(['测试三店', '测试二店', SHOP].toSorted());
  });

  it('are no longer ferried once removed, also when the environment names them', async () => {
    await addShop(open, '测试三店', 'session-3', {});
    await removeShop(open, SHOP);

    const { CARFERRY_SHOPS = '' } = readLocalSecrets({
      CARFERRY_SHOPS: JSON.stringify(open.given),
      CARFERRY_SHOPS_FOLDER: folder,
      CARFERRY_DATA_KEY: masterKey.toString('base64'),
    })(Date.now());

    expect(forgotten).toEqual([SHOP]);
    expect(CARFERRY_SHOPS).not.toContain(SHOP);
    expect(CARFERRY_SHOPS).toContain('测试三店');
  });

  it.each([
    [
      'an unknown shop',
      () => setSession(open, '无此店', 'session-2', {}),
      /no shop 无此店/,
      /shops add 无此店 --data x/,
    ],
    ['an unknown shop', () => removeShop(open, '无此店'), /no shop 无此店/, new RegExp(SHOP)],
    [
      'an ended session',
      () => setSession(open, SHOP, 's-2', { expiresAt: inDays(-1) }),
      /ended/,
      /authorize/,
    ],
    ['an ended session', () => addShop(open, '三店', 's-2', { expiresAt: inDays(-1) }), /ended/, /authorize/],
    ['no name', () => addShop(open, ' ', 's-2', {}), /nick of its seller/, undefined],
  ])('refuse %s and change nothing', async (_case, act, message, hint) => {
    const refused = act();

    await expect(refused).rejects.toMatchObject({
      reason: 'configuration',
      message: expect.stringMatching(message),
    });
    if (hint !== undefined)
      await expect(refused).rejects.toMatchObject({ hint: expect.stringMatching(hint) });
    expect(await open.registry.list()).toEqual([]);
  });

  it('refuse to add a shop twice', async () => {
    await addShop(open, '三店', 'session-3', {});

    await expect(addShop(open, '三店', 'session-4', {})).rejects.toMatchObject({
      hint: expect.stringContaining('set-session 三店'),
    });
  });
});

describe('shops and secrets of a stage', () => {
  const flags = { data: '.carferry', stage: 'dev', region: 'cn-north-1' };
  let server: SecretsServer;
  beforeAll(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
  });
  afterAll(() => vi.unstubAllEnvs());
  beforeEach(async () => {
    server = await startSecretsServer();
    vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', server.url);
    return () => server.close();
  });

  const app = () => server.set('carferry-dev/app', { TOP_APP_SECRET: 'app-secret-1' });
  const shops = (entry: object, sessions: object) => {
    app();
    server.set('carferry-dev/shops', { v: 1, shops: [entry] });
    server.set('carferry-dev/sessions', { v: 1, sessions });
  };

  it('exist before the stage does: the first shop makes the secrets, sellers and sessions apart', async () => {
    await withRegistry(flags, {}, (open) =>
      addShop(open, SHOP, 'session-1', { expiresAt: inDays(9), carCids: ['1'] }),
    );

    expect(server.get('carferry-dev/sessions')).toEqual({
      v: 1,
      sessions: { [SHOP]: { session: 'session-1' } },
    });
    expect(server.get('carferry-dev/shops')).toMatchObject({
      v: 1,
      shops: [{ sellerNick: SHOP, carCids: ['1'], sessionHash: sessionFingerprint('session-1') }],
    });
    expect(JSON.stringify(server.get('carferry-dev/shops'))).not.toContain('session-1');
  });

  it('keep what a shop is when its session changes', async () => {
    await withRegistry(flags, {}, (open) =>
      addShop(open, SHOP, 'session-1', { carCids: ['1'], expiresAt: inDays(9) }),
    );

    await withRegistry(flags, {}, (open) => setSession(open, SHOP, 'session-2', {}));

    const listed = await withRegistry(flags, {}, (open) => open.registry.list());
    expect(listed).toEqual([
      {
        sellerNick: SHOP,
        carCids: ['1'],
        setAt: expect.any(String),
        sessionHash: sessionFingerprint('session-2'),
      },
    ]);
  });

  it('lose no change when two operators write at once', async () => {
    await withRegistry(flags, {}, (open) => addShop(open, '一店', 'session-1', {}));
    const nicks = ['二店', '三店', '四店'];

    await Promise.all(
      nicks.map((nick) =>
        withRegistry(flags, {}, (open) => addShop(open, nick, `session-of-${nick.length}`, {})),
      ),
    );

    expect(await withRegistry(flags, {}, names)).toEqual(['一店', ...nicks].toSorted());
    expect(Object.keys(Object(Object(server.get('carferry-dev/sessions')).sessions)).toSorted()).toEqual(
      ['一店', ...nicks].toSorted(),
    );
  });

  it('keep their last shop', async () => {
    await withRegistry(flags, {}, (open) => addShop(open, SHOP, 'session-1', {}));

    const removing = withRegistry(flags, {}, (open) => removeShop(open, SHOP));

    await expect(removing).rejects.toThrow(/only shop/);
    expect(await withRegistry(flags, {}, names)).toEqual([SHOP]);
  });

  it.each([
    ['AccessDeniedException', /refuses these credentials/],
    ['UnrecognizedClientException', /refuses these credentials/],
  ])('say what AWS refuses: %s', async (failure, message) => {
    server.failWith(failure);

    const reading = withRegistry(flags, {}, names);

    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toMatchObject({ reason: 'configuration' });
  });

  it('refuse a document that cannot be read, and leave it as it is', async () => {
    server.set('carferry-dev/shops', '{"v":7}');

    const adding = withRegistry(flags, {}, (open) => addShop(open, SHOP, 'session-1', {}));

    await expect(adding).rejects.toMatchObject({ reason: 'configuration', field: 'carferry-dev/shops' });
    expect(server.get('carferry-dev/shops')).toEqual({ v: 7 });
  });

  it.each([
    [
      'no app secret',
      () => {},
      /no secret carferry-dev\/app/,
      'app set-secret --stage dev --region cn-north-1',
    ],
    ['no shop', () => app(), /has no shop/, 'shops add SHOP --stage dev --region cn-north-1'],
    [
      'a shop without a session',
      () => shops({ sellerNick: SHOP, setAt: inDays(-9), sessionHash: 'x' }, {}),
      /测试旗舰店 has no session/,
      'shops set-session 测试旗舰店 --stage dev',
    ],
    [
      'a session that has ended',
      () =>
        shops(
          { sellerNick: SHOP, setAt: inDays(-9), expiresAt: inDays(-1), sessionHash: 'x' },
          { [SHOP]: { session: 'session-1' } },
        ),
      /ended/,
      'shops set-session 测试旗舰店 --stage dev',
    ],
  ])('are asked for before anything is deployed: %s', async (_case, prepare, message, hint) => {
    prepare();

    const refused = refuseUnpreparedStage({ stage: 'dev', region: 'cn-north-1' }, {});

    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({
      reason: 'configuration',
      hint: expect.stringContaining(hint),
    });
  });

  it('let a stage be deployed that has them', async () => {
    app();
    await withRegistry(flags, {}, (open) => addShop(open, SHOP, 'session-1', { expiresAt: inDays(9) }));

    await expect(refuseUnpreparedStage({ stage: 'dev', region: 'cn-north-1' }, {})).resolves.toBeUndefined();
  });

  it('keep the app secret; a change leaves the former one to the webhook for the time of the overlap', async () => {
    const change = (secret: string, now: number) =>
      withAppSecret(flags, {}, (app) =>
        app.change((present) =>
          changedAppSecret(present, secret, { callee: false, overlapMs: 3_600_000, now }),
        ),
      );

    await change('app-secret-1', 0);
    const first = server.get('carferry-dev/app');
    await change('app-secret-2', Date.parse('2026-11-22T10:00:00+08:00'));

    expect(first).toEqual({ TOP_APP_SECRET: 'app-secret-1' });
    expect(server.get('carferry-dev/app')).toEqual({
      TOP_APP_SECRET: 'app-secret-2',
      previous: { secret: 'app-secret-1', until: '2026-11-22T11:00:00+08:00' },
    });
  });
});

describe('a changed app secret', () => {
  const options = { callee: false, overlapMs: 3_600_000, now: Date.parse('2026-11-22T10:00:00+08:00') };

  it('leaves the callers alone where they have a secret of their own', () => {
    const present = { TOP_APP_SECRET: 'a-1', CARFERRY_QIMEN_SECRET: 'q-1' };

    expect(changedAppSecret(present, 'a-2', options)).toEqual({ ...present, TOP_APP_SECRET: 'a-2' });
    expect(changedAppSecret(present, 'q-2', { ...options, callee: true })).toEqual({
      TOP_APP_SECRET: 'a-1',
      CARFERRY_QIMEN_SECRET: 'q-2',
      previous: { secret: 'q-1', until: '2026-11-22T11:00:00+08:00' },
    });
  });

  it('refuses a secret of the callers before there is one of the app', () => {
    expect(() => changedAppSecret(undefined, 'q-1', { ...options, callee: true })).toThrow(
      /no app secret yet/,
    );
  });
});
