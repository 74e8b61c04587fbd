import type { Clock } from '../core/clock.ts';
import { toCarferryError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { toIso } from '../domain/chinaTime.ts';
import type { QueueMessage } from '../domain/queueMessage.ts';
import type { KeyProvider } from '../privacy/keyProvider.ts';
import { sealRecord } from '../privacy/sealRecord.ts';
import {
  type AnsweredCall,
  type Answers,
  type AnswerText,
  type AnswerWords,
  answerText,
  SIGN_CHECK_FAILURE,
} from './answers.ts';
import type { ClearMessage, WebhookMethod } from './defineWebhookMethod.ts';
import { readRequestFields } from './readRequestFields.ts';
import { shopOfCall } from './shopOfCall.ts';
import { verifyQimenSignature } from './verifyQimenSignature.ts';

export type QimenReceiverDeps = {
  readonly secrets: readonly string[];
  readonly shops: readonly { readonly sellerNick: string }[];
  readonly methods: readonly WebhookMethod[];
  readonly answers: Answers;
  readonly keys: KeyProvider;
  /** Resolves only after the queue has accepted every message. */
  readonly send: (messages: QueueMessage[]) => Promise<void>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
};

export type QimenRequest = {
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** The body was above the limit and has not been decoded. */
  readonly tooLarge: boolean;
};

/** Rejects when the invocation comes near its end; the wait is given up, whatever it waits for goes on. */
function endOf(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal?.aborted === true) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

export type QimenAnswer = AnswerText & { readonly status: 200 | 503 };

/** What a query that nobody has verified says of itself; only for the field names and format of the answer. */
function claimedCall({ rawQuery, headers }: QimenRequest): AnsweredCall {
  const claimed = new URLSearchParams(rawQuery.slice(0, 4_096));
  return {
    method: claimed.get('method') ?? '',
    format: claimed.get('format') ?? undefined,
    contentType: headers['content-type'],
  };
}

async function sealMessage(message: ClearMessage, keys: KeyProvider): Promise<QueueMessage> {
  const lead = await sealRecord(message.lead, { kind: 'lead', id: message.lead.leadId }, keys);
  const phoneIndex = lead.phoneSealed?.index;
  return {
    v: 1,
    shop: lead.shop,
    kind: message.kind,
    lead: { ...lead, ...(phoneIndex === undefined ? {} : { phoneIndex }) },
  };
}

/**
 * One call of the Qimen gateway: size, signature, method, shop, fields, seal, queue, and only then success.
 * Everything that fails is answered in the scene's own failure body with status 200; 503 when the queue or
 * the keys could not be reached, so that nothing is promised.
 */
export function createQimenReceiver(deps: QimenReceiverDeps) {
  const { clock, log } = deps;
  const tables = {
    configured: deps.answers,
    documented: Object.fromEntries(deps.methods.map(({ method, answers }) => [method, answers])),
  };

  return async function receive(request: QimenRequest, signal?: AbortSignal): Promise<QimenAnswer> {
    const claimed = claimedCall(request);
    const answer = (outcome: 'success' | 'failure', words: AnswerWords, status: 200 | 503 = 200) => ({
      status,
      ...answerText(tables, claimed, outcome, words),
    });
    const fail = (words: AnswerWords, reason: string): QimenAnswer => {
      const known = deps.methods.some((accepted) => accepted.method === claimed.method);
      log.warn('webhook-refused', { reason, ...(known ? { method: claimed.method } : {}) });
      return answer('failure', words);
    };
    if (request.tooLarge) return fail(SIGN_CHECK_FAILURE, 'body-too-large');
    const now = clock.now();
    const { rawQuery, headers, body } = request;
    const contentType = headers['content-type'];
    const call = verifyQimenSignature({ rawQuery, headers, body, contentType, secrets: deps.secrets, now });
    if (!call.ok) return fail(SIGN_CHECK_FAILURE, call.reason);

    const name = call.params.get('method') ?? '';
    const refuse = (code: string, message: string) => fail({ code, message }, code);
    const method = deps.methods.find((accepted) => accepted.method === name);
    if (method === undefined) return refuse('unknown-method', 'this method is not accepted here');
    const shop = shopOfCall(call.params, deps.shops);
    if (shop === undefined) return refuse('unknown-shop', 'parameter shop names no configured shop');
    const fields = readRequestFields(call);
    if (!fields.ok) return refuse(fields.code, fields.message);
    const notAccepted = (thrown: unknown): QimenAnswer => {
      const error = toCarferryError(thrown);
      const { reason, disposition } = error;
      log.error('webhook-not-accepted', { method: name, reason, disposition });
      if (disposition === 'park') return refuse(reason, 'this request can never be accepted');
      return answer('failure', { code: 'service-unavailable', message: 'not accepted, call again' }, 503);
    };
    try {
      await Promise.race([deps.keys.ready(), endOf(signal)]);
    } catch (thrown) {
      return notAccepted(thrown);
    }
    const read = method.read(fields.fields, {
      shop,
      method: name,
      bodyText: call.bodyText,
      sentAt: toIso(call.sentAt),
      observedAt: toIso(now),
      hmac: (purpose, text) => deps.keys.hmac(purpose, text),
    });
    if (!read.ok) {
      return read.missing
        ? refuse('missing-parameter', `field ${read.field} is required`)
        : refuse('invalid-parameter', `field ${read.field} is malformed`);
    }
    try {
      const sent = sealMessage(read.message, deps.keys).then((message) => deps.send([message]));
      // A slow queue is answered while there is still time to: calling again makes a duplicate, which is harmless.
      await Promise.race([sent, endOf(signal)]);
    } catch (thrown) {
      return notAccepted(thrown);
    }
    log.info('webhook-accepted', { method: name, shop, leadId: read.message.lead.leadId });
    return answer('success', { code: 'accepted', message: 'accepted' });
  };
}
