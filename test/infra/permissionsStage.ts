import { createServer } from 'node:http';
import { Writable } from 'node:stream';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { startHttpServer } from '../../infra/local/httpServer.ts';
import { runOnce } from '../../infra/local/once.ts';
import { readSettings } from '../../infra/local/settings.ts';
import { startSimulator } from '../../infra/local/simulator/simulator.ts';
import { startSystem } from '../../infra/local/system.ts';
import { createTerminal } from '../../infra/local/terminal/terminal.ts';
import { type QueueMessage, queueMessageSchema } from '../../lib/domain/queueMessage.ts';
import { sessionFingerprint } from '../../lib/store/halts.ts';
import { startFakeKms } from '../support/fakeKms.ts';
import { recordPermissions } from '../support/recordPermissions.ts';
import { startSecretsServer } from '../support/secretsServer.ts';
import { control } from './local/simulator/simulatorClient.ts';

const batchSchema = z.object({ Records: z.array(z.object({ body: z.string() })) });
const silent = createTerminal(new Writable({ write: (_chunk, _encoding, done) => done() }), { CI: '1' });

export type PermissionsStage = Awaited<ReturnType<typeof startPermissionsStage>>;

/**
 * The whole local run as functions on AWS see it: secrets in Secrets Manager, keys under KMS, both on loopback, and
 * every permission recorded.
 */
export async function startPermissionsStage() {
  const recorder = recordPermissions();
  const [kms, secrets] = await Promise.all([startFakeKms(), startSecretsServer()]);
  const anchorAt = Math.floor(Date.now() / 1000) * 1000 - 60_000;
  const simulator = await startSimulator({
    seed: 'permissions',
    trades: 90,
    shops: 2,
    growthPerMinute: 0,
    anchorAt,
  });
  const { appKey, appSecret, targetAppKey, shops } = simulator.info;
  const gate = await startGate(simulator);
  const environment = {
    TOP_GATEWAY_URL: `${gate.url}/router/rest`,
    QIMEN_GATEWAY_URL: `${gate.url}/router/qm`,
    TOP_APP_KEY: appKey,
    TOP_APP_SECRET: appSecret,
    QIMEN_TARGET_APP_KEY: targetAppKey,
    CARFERRY_SHOPS: JSON.stringify(shops),
    CARFERRY_RATE: '1000',
    SETTLE_SECONDS: '1',
    RETENTION_DAYS: '400',
    // Of a world of a quarter, which keeps the run short.
    LOOKBACK_DAYS: '12',
    SWEEP_LOOKBACK_DAYS: '1,6,12',
    PULL_MESSAGES: 'on',
    LOG_LEVEL: 'silent',
  };
  Object.assign(process.env, environment);
  const started = await startSystem({
    settings: readSettings(process.env),
    data: undefined,
    environment: process.env,
  });

  // From here on as on Lambda: no secret in a variable.
  for (const name of ['TOP_APP_SECRET', 'CARFERRY_QIMEN_SECRET', 'CARFERRY_SHOPS', 'CARFERRY_DATA_KEY']) {
    Reflect.deleteProperty(process.env, name);
  }
  Object.assign(process.env, {
    AWS_LAMBDA_FUNCTION_NAME: 'carferry-local-permissions',
    AWS_ENDPOINT_URL_KMS: kms.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    KMS_KEY_ARN: kms.keyArn,
  });
  const setAt = new Date().toISOString();
  secrets.set('carferry-local/app', { TOP_APP_SECRET: appSecret });
  secrets.set('carferry-local/shops', {
    v: 1,
    shops: shops.map(({ sellerNick, session }) => ({
      sellerNick,
      setAt,
      sessionHash: sessionFingerprint(session),
    })),
  });
  secrets.set('carferry-local/sessions', {
    v: 1,
    sessions: Object.fromEntries(shops.map(({ sellerNick, session }) => [sellerNick, { session }])),
  });

  /** Bodies that each consumer was given, the latest last. */
  const delivered = new Map<string, string[]>();
  const invoke: typeof started.invoke = (name, event, limits) => {
    const bodies = batchSchema.safeParse(event).data?.Records.map(({ body }) => body) ?? [];
    delivered.set(name, [...(delivered.get(name) ?? []), ...bodies]);
    return recorder.inside(name, () => started.invoke(name, event, limits));
  };
  const system = { ...started, invoke };
  return {
    system,
    simulator,
    keyArn: kms.keyArn,
    used: recorder.used,
    gate,
    withoutAws: recorder.withoutAws,
    /** Messages of ours that a consumer was given, the latest first. */
    delivered: (name: string): QueueMessage[] =>
      (delivered.get(name) ?? [])
        .filter((body) => body.startsWith('{'))
        .map(readBody)
        .toReversed(),
    shops,
    quirks: async (quirks: unknown) => {
      await control(simulator, 'quirks', undefined, 'DELETE');
      await control(simulator, 'quirks', quirks);
    },
    once: () => runOnce(system, { limitMinutes: 2, signal: new AbortController().signal, terminal: silent }),
    /** Puts a text into a queue of the stage. */
    send: async (queue: string, MessageBody: string) => {
      const QueueUrl = started.queueUrls.get(`carferry-local-${queue}`);
      await started.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    },
    /** Leads that the platform pushes to the webhook. */
    push: async (count: number) => {
      const http = await startHttpServer(started.wiring.routes, { port: 0, invoke });
      const url = `http://127.0.0.1:${http.port}/qimen`;
      const [shop] = shops;
      const report = await control(simulator, 'push', {
        url,
        secret: appSecret,
        count,
        shop: shop?.sellerNick,
      });
      await http.close();
      return report;
    },
    async close() {
      await started.close();
      recorder.stop();
      await Promise.all([gate.close(), simulator.close(), kms.close(), secrets.close()]);
    },
  };
}

function readBody(body: string): QueueMessage {
  return queueMessageSchema.parse(JSON.parse(body));
}

/** Stands before the simulator; can deny methods, as the platform does with a package that lacks a permission. */
async function startGate(simulator: { readonly url: string }) {
  let denied: readonly string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const method = new URLSearchParams(body.toString('utf8')).get('method') ?? '';
      const query = new URL(request.url ?? '/', simulator.url).searchParams.get('method') ?? '';
      if (denied.includes(method) || denied.includes(query)) {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ error_response: DENIAL }));
        return;
      }
      const { 'content-type': type = '' } = request.headers;
      const { method: verb = 'POST' } = request;
      fetch(new URL(request.url ?? '/', simulator.url), {
        method: verb,
        headers: { 'content-type': type },
        ...(verb === 'GET' ? {} : { body }),
      })
        .then(async (reply) => {
          response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') ?? '' });
          response.end(Buffer.from(await reply.arrayBuffer()));
        })
        .catch(() => response.destroy());
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    deny: (...methods: string[]) => {
      denied = methods;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const DENIAL = {
  code: 11,
  msg: 'Insufficient isv permissions',
  sub_code: 'isv.permission-api-package-limit',
  sub_msg: 'scope ids is none',
};
