import { createServer, type IncomingMessage } from 'node:http';
import { createCallStats } from './callStats.ts';
import { type ControlDeps, controlReply } from './control.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { readBody } from './httpRequest.ts';
import { platformReply } from './platform/platformControl.ts';
import { createQuirkMemory } from './quirkRows.ts';
import type { Quirks } from './quirks.ts';
import { coin } from './random.ts';
import { createRateLimit } from './rateLimit.ts';
import { invented, type Realm, type ServedShop, sampleSession } from './realm.ts';
import { createSampleShop } from './samples/sampleShop.ts';
import type { Scenario } from './scenario/scenario.ts';
import { createTimetable } from './scenario/scenarioQuirks.ts';
import { scenarioShops, scenarioTrades } from './scenario/scenarioTrades.ts';
import { type HttpReply, sendReply } from './sendReply.ts';
import { carCids } from './world/catalogue.ts';
import { createWorld, type WorldOptions } from './world/world.ts';

const GZIP_SHARE = 0.3;

export type SimulatorOptions = {
  /** TCP port on 127.0.0.1; 0 (the default) takes a free one. */
  port?: number;
  seed?: string;
  /** Epoch ms at which the history ends and growth begins; default now. */
  anchorAt?: number;
  /** Trades of the 90 days before `anchorAt`. */
  trades?: number;
  /** Generated shops, besides the shop of published samples. */
  shops?: number;
  /** New trades per minute after `anchorAt`. */
  growthPerMinute?: number;
  /** Clock of the world; call timestamps are always checked by the real clock. */
  now?: () => number;
  /** Faults from the start. */
  quirks?: Quirks | undefined;
  /** Shops, trades and quirks of a scenario file; it wins over `seed`, `trades`, `shops` and growth. */
  scenario?: Scenario | undefined;
};

/** The invented credentials of one simulated world. */
export type SimulatorInfo = {
  appKey: string;
  appSecret: string;
  targetAppKey: string;
  seed: string;
  anchorAt: number;
  shops: ServedShop[];
};

export type Simulator = {
  url: string;
  topUrl: string;
  qimenUrl: string;
  info: SimulatorInfo;
  close(): Promise<void>;
};

/** Starts the gateway simulator on loopback; rejects when the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, now = Date.now, scenario } = options;
  const anchorAt = options.anchorAt ?? (scenario?.start === undefined ? now() : Date.parse(scenario.start));
  const world = scenario === undefined ? worldOptions(options, anchorAt) : scenarioWorld(scenario, anchorAt);
  const { seed } = world;
  const realm = createRealm(world);
  const info: SimulatorInfo = { ...invented, seed, anchorAt, shops: [...realm.shops] };

  let frozen: number | null = null;
  let quirks: Quirks = options.quirks ?? {};
  const worldNow = () => frozen ?? now();
  const stats = createCallStats();
  const rateLimit = createRateLimit(() => quirks);
  const memory = createQuirkMemory();
  for (const ban of quirks.ban ?? []) rateLimit.begin(ban, Date.now());
  const timetable = createTimetable(scenario, anchorAt);
  const writeQuirks = (changed: Quirks) => {
    quirks = changed;
    memory.clear();
  };
  const currentQuirks = () => {
    timetable.advance(
      worldNow(),
      () => quirks,
      (changed, begun) => {
        writeQuirks(changed);
        for (const ban of begun.ban ?? []) rateLimit.begin(ban, Date.now());
      },
    );
    return quirks;
  };
  const gateway = createGateway({ seed, realm, quirks: currentQuirks, memory, rateLimit, stats, worldNow });
  const control: ControlDeps = {
    realm,
    info: { ...info, shops: info.shops.map((shop) => ({ ...shop })) },
    stats,
    rateLimit,
    worldNow,
    freeze: (at) => {
      frozen = at;
    },
    frozenAt: () => frozen,
    quirks: { read: currentQuirks, write: writeQuirks },
  };

  let served = 0;
  const server = createServer((request, response) => {
    served += 1;
    const share = quirks.gzip === undefined ? GZIP_SHARE : quirks.gzip === 'always' ? 1 : 0;
    const zip = coin(`${seed}/gzip/${served}`) < share;
    route(request, gateway, control)
      .then((reply) => sendReply(request, response, reply, zip))
      .catch(() => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`;
  return {
    url,
    topUrl: `${url}/router/rest`,
    qimenUrl: `${url}/router/qm`,
    info,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // Hanging calls and idle keep-alive sockets would hold the server open.
        server.closeAllConnections();
      }),
  };
}

function worldOptions(options: SimulatorOptions, anchorAt: number): WorldOptions {
  const { seed = 'carferry', trades = 400, shops = 3, growthPerMinute = 20 } = options;
  return { seed, anchorAt, trades, shops, growthPerMinute };
}

function scenarioWorld(scenario: Scenario, anchorAt: number): WorldOptions {
  const { seed, inventedTrades: trades, growthPerMinute } = scenario;
  const shops = scenarioShops(scenario);
  const explicit = { shops, trades: scenarioTrades(scenario, shops, anchorAt) };
  return { seed, anchorAt, trades, shops: shops.length, growthPerMinute, explicit };
}

function createRealm(options: WorldOptions): Realm {
  const world = createWorld(options);
  const sample = createSampleShop(options.anchorAt);
  const shops: ServedShop[] = world.shops.map(({ sellerNick, session, tellsCarCids }) =>
    tellsCarCids ? { sellerNick, session, carCids } : { sellerNick, session },
  );
  shops.push({ sellerNick: sample.sellerNick, session: sampleSession(options.seed) });
  return { world, sample, shops };
}

async function route(request: IncomingMessage, gateway: Gateway, control: ControlDeps): Promise<HttpReply> {
  const verb = request.method ?? 'GET';
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const router = url.pathname === '/router/rest' ? 'rest' : url.pathname === '/router/qm' ? 'qm' : undefined;
  if (router !== undefined && (verb === 'GET' || verb === 'POST')) return gateway(router, url, request);
  const body = (await readBody(request)) ?? '';
  return (await platformReply(control.realm, verb, url, body)) ?? controlReply(control, verb, url, body);
}
