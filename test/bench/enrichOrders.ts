import { Pool } from 'undici';
import { startEngineProcess } from '../../infra/local/engineProcess.ts';
import { createResources } from '../../infra/local/resources.ts';
import { readSettings } from '../../infra/local/settings.ts';
import { startSystem } from '../../infra/local/system.ts';
import { readTemplate } from '../../infra/local/template.ts';
import { onTopCall } from '../../lib/core/telemetry.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { createDynamoDb, createSqs } from '../../lib/lambda/awsClients.ts';
import { aliautoTradeCarOrderGet } from '../../lib/top/apis/aliautoTradeCarOrderGet.ts';
import { encodeParams, signedForm } from '../../lib/top/topRequest.ts';
import { type Captured, captureReplies } from './capture.ts';
import { startChildServer } from './childServer.ts';
import { type Figure, type Measurement, spread } from './figure.ts';
import { inPairs, rateOf } from './pairs.ts';
import { type Command, recordCommands } from './recordCommands.ts';

const MESSAGES = 5_000;
const PAIRS = 24;
/** One pair more warms up. */
const PER_PAIR = MESSAGES / (PAIRS + 1);
/** As the event source of `serverless.yml`: five functions at a time, ten messages each. */
const BATCH = 10;
const BATCHES_AT_ONCE = 5;
const ITEMS = 40;

const figure: Figure = {
  name: 'enrich-orders',
  what: 'consumer enrichOrders against a bare loop that makes the same SDK and undici calls',
  inputs: `${MESSAGES.toLocaleString('en')} messages, ${BATCHES_AT_ONCE} batches of ${BATCH} at a time, instant gateway, embedded DynamoDB`,
  goal: { atLeast: 0.7 },
  shown: { digits: 2, unit: 'x' },
};

const identity = { appKey: '12345678', appSecret: 'secret', targetAppKey: '87654321' };
const SESSION = 'session';

async function measure(_wanted: ReadonlySet<string>, say: (line: string) => void) {
  say(`${figure.name} …`);
  const captured = await captureReplies();
  const { car, item, sellerNick } = captured;
  const gateway = await startChildServer('instantGateway.ts', {
    carText: car.text,
    carId: car.orderId,
    itemText: item.text,
    itemId: item.itemId,
  });
  const given = {
    TOP_GATEWAY_URL: gateway.url,
    QIMEN_GATEWAY_URL: gateway.url,
    TOP_APP_KEY: identity.appKey,
    TOP_APP_SECRET: identity.appSecret,
    QIMEN_TARGET_APP_KEY: identity.targetAppKey,
    CARFERRY_SHOPS: JSON.stringify([{ sellerNick, session: SESSION }]),
    CARFERRY_RATE: '100000',
  };
  Object.assign(process.env, given);
  const system = await startSystem({
    settings: readSettings(given),
    data: undefined,
    environment: process.env,
  });
  const bare = await startBareLoop(gateway.url, car.orderId);
  const recorder = recordCommands();
  let calls = 0;
  const stopCounting = onTopCall(() => {
    calls += 1;
  });
  try {
    let next = 0;
    let work: Work = { commands: [], calls: 0 };
    const pairing = await inPairs(
      async () => {
        const batches = Array.from({ length: PER_PAIR / BATCH }, () => {
          next += BATCH;
          return batchOf(captured, next - BATCH);
        });
        recorder.take();
        calls = 0;
        const rate = await rateOf(batches.length, BATCHES_AT_ONCE, async () => {
          const answer = await system.invoke('enrichOrders', batches.pop());
          if (JSON.stringify(answer) !== '{"batchItemFailures":[]}') throw new Error('a record failed');
        });
        work = { commands: recorder.take(), calls };
        return rate * BATCH;
      },
      // Each pair begins with ours, because the bare loop repeats what was just recorded.
      async () => {
        const rate = await bare.repeat(work);
        return (rate * PER_PAIR) / (work.commands.length + work.calls);
      },
      PAIRS,
      { inTurn: false },
    );
    const each = (work.commands.length + work.calls) / PER_PAIR;
    const detail = `${spread(pairing.ratios)}; ${each.toFixed(1)} calls a message; ${Math.round(pairing.ours)} against ${Math.round(pairing.theirs)} messages a CPU second`;
    return new Map([[figure.name, { value: pairing.ratio, detail }]]);
  } finally {
    stopCounting();
    recorder.stop();
    await bare.stop();
    await system.close();
    gateway.stop();
  }
}

type Work = { readonly commands: readonly Command[]; readonly calls: number };

/** An engine of its own with the same tables, and the functions' own clients. */
async function startBareLoop(gatewayUrl: string, orderId: string) {
  const engine = await startEngineProcess({});
  const dynamoDb = createDynamoDb();
  const sqs = createSqs();
  // The SDK asks the environment at every command, which costs: a client that was told its endpoint would be ahead.
  const atOwnEngine = <T>(work: () => Promise<T>): Promise<T> => {
    const { AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SQS } = process.env;
    const own = { AWS_ENDPOINT_URL_DYNAMODB: engine.dynamoDbUrl, AWS_ENDPOINT_URL_SQS: engine.sqsUrl };
    Object.assign(process.env, own);
    return work().finally(() =>
      Object.assign(process.env, { AWS_ENDPOINT_URL_DYNAMODB, AWS_ENDPOINT_URL_SQS }),
    );
  };
  await atOwnEngine(() => createResources(readTemplate(), { dynamoDb, sqs, embeddedSqsUrl: engine.sqsUrl }));
  const pool = new Pool(gatewayUrl, { connections: 16 });
  const api = aliautoTradeCarOrderGet;
  const app = { ...identity, signMethod: 'hmac-sha256', simplify: false } as const;
  const params = encodeParams(api, { query: { order_id: orderId } });
  const form = signedForm(api, params, app, SESSION, Date.now());
  const headers = { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' };
  const call = async (): Promise<unknown> => {
    const { body } = await pool.request({ path: '/', method: 'POST', headers, body: form });
    return await body.json();
  };
  return {
    /** Calls a second. The order is the recorded one; who comes too early meets a condition that fails. */
    repeat: ({ commands, calls }: Work): Promise<number> => {
      const every = Math.max(1, Math.floor(commands.length / Math.max(1, calls)));
      const work: (() => Promise<unknown>)[] = commands.flatMap((command, index) => {
        const send = (): Promise<unknown> => dynamoDb.send(command).catch(() => undefined);
        return index % every === 0 ? [call, send] : [send];
      });
      const waiting = work.values();
      return atOwnEngine(() =>
        rateOf(work.length, BATCH * BATCHES_AT_ONCE, async () => await waiting.next().value?.()),
      );
    },
    stop: async () => {
      dynamoDb.destroy();
      sqs.destroy();
      await pool.destroy();
      await engine.stop();
    },
  };
}

/** An event of ten trades that nobody has seen, from the number `first` on. */
function batchOf({ sellerNick, item }: Captured, first: number) {
  const now = Date.now();
  const Records = Array.from({ length: BATCH }, (_, index) => {
    const number = first + index;
    const orderId = String(5_026_000_000_000_000_000n + BigInt(number) * 1_000_003n);
    const itemId = String(BigInt(item.itemId) + BigInt(number % ITEMS));
    const createdAt = toIso(now - 3_600_000);
    const trade = {
      orderId,
      shop: sellerNick,
      createdAt,
      modifiedAt: createdAt,
      statusCode: 'WAIT_SELLER_SEND_GOODS',
      status: 'paid',
      typeCode: 'step',
      itemId,
      title: '测试整车订单',
      paymentFen: 37_960_000,
      totalFen: 37_960_000,
      subOrders: [{ subOrderId: orderId, itemId, categoryId: '50990002', title: '测试整车', quantity: 1 }],
      promotions: [],
      serviceOrders: [],
    };
    const message = {
      v: 1,
      kind: 'trade',
      shop: sellerNick,
      orderId,
      observedAt: toIso(now),
      hash: 'hash',
      trade,
    };
    return {
      messageId: `message-${number}`,
      receiptHandle: `handle-${number}`,
      body: JSON.stringify(message),
      attributes: { ApproximateReceiveCount: '1' },
    };
  });
  return { Records };
}

export const enrichOrders: Measurement = { figures: [figure], measure };
