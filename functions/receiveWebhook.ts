import * as z from 'zod';
import { systemClock as clock } from '../lib/core/clock.ts';
import { VERSION } from '../lib/core/version.ts';
import { createDynamoDb, createSqs } from '../lib/lambda/awsClients.ts';
import { configuredStart } from '../lib/lambda/configuredStart.ts';
import * as env from '../lib/lambda/environment.ts';
import { type HttpRequest, type HttpResponse, httpHandler } from '../lib/lambda/httpHandler.ts';
import { createKeys, keysVariables } from '../lib/lambda/keys.ts';
import { createLog } from '../lib/lambda/log.ts';
import { createSender } from '../lib/queue/sendBatch.ts';
import { createKeysTable } from '../lib/store/keysTable.ts';
import { ACCEPTED_METHODS } from '../lib/webhook/acceptedMethods.ts';
import { createQimenReceiver, type QimenReceiverDeps } from '../lib/webhook/receiveQimenCall.ts';
import { MAX_BODY_BYTES } from '../lib/webhook/verifyQimenSignature.ts';
import { answersVariable, secretsVariable } from '../lib/webhook/webhookVariables.ts';

export const configSchema = z.lazy(() =>
  z.object({
    CARFERRY_SHOPS: env.sellersVariable,
    ...env.appSecretName,
    ...env.sellersSecretName,
    ...keysVariables,
    CARFERRY_QIMEN_SECRET: secretsVariable(),
    /** Field names of answers, for scenes that differ from the documented ones. */
    QIMEN_ANSWERS: answersVariable,
    KEYS_TABLE: env.nameVariable,
    LEADS_QUEUE_URL: env.queueUrlVariable,
    LOG_LEVEL: env.logLevelVariable,
  }),
);

/** `POST /qimen`: signed calls of the Qimen gateway. `GET /health`: alive, and which version. */
export function createReceiveWebhook(deps: QimenReceiverDeps) {
  const receive = createQimenReceiver(deps);
  const routes: Readonly<Record<string, Readonly<Record<string, Route>>>> = {
    '/health': { GET: async () => json(200, JSON.stringify({ status: 'ok', version: VERSION })) },
    '/qimen': {
      POST: async (request, signal) => {
        const { status, body, contentType } = await receive(request, signal);
        const later = status === 503 ? { 'retry-after': '5' } : {};
        return { status, headers: { 'content-type': contentType, ...later }, body };
      },
    },
  };
  return async (request: HttpRequest, signal?: AbortSignal): Promise<HttpResponse> => {
    const verbs = Object.hasOwn(routes, request.path) ? routes[request.path] : undefined;
    if (verbs === undefined) return json(404, '{"error":"not found"}');
    const route = Object.hasOwn(verbs, request.method) ? verbs[request.method] : undefined;
    if (route === undefined) {
      return json(405, '{"error":"method not allowed"}', { allow: Object.keys(verbs).join(', ') });
    }
    return route(request, signal);
  };
}

type Route = (request: HttpRequest, signal?: AbortSignal) => Promise<HttpResponse>;
function json(status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body };
}

const start = configuredStart(configSchema, process.env, (config) => {
  const keys = createKeys(config, createKeysTable(createDynamoDb(), config.KEYS_TABLE));
  const { send } = createSender(createSqs(), config.LEADS_QUEUE_URL);
  return createReceiveWebhook({
    secrets: config.CARFERRY_QIMEN_SECRET,
    shops: config.CARFERRY_SHOPS,
    methods: ACCEPTED_METHODS,
    answers: config.QIMEN_ANSWERS,
    keys,
    send,
    clock,
    log: createLog('receiveWebhook'),
  });
});

export const handler = httpHandler({
  start,
  run: (receiveWebhook, request, { signal }) => receiveWebhook(request, signal),
  maxBodyBytes: MAX_BODY_BYTES,
});
