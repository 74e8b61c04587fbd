import * as z from 'zod';
import { pushedCall } from '../../infra/local/simulator/platform/pushedCall.ts';
import type { Bench } from './bench.ts';
import { type Step, StuckError } from './step.ts';

const MOST_CALLS = 7;

const answerSchema = z.object({ statusCode: z.number(), body: z.string() });

/** A lead that the platform pushes; without success it calls again. */
export function pushing(name: string, n: number): Step {
  return {
    name,
    function: 'receiveWebhook',
    once: (bench, role) => bench.invoke(role, 'receiveWebhook', pushEvent(bench, n)),
    run: async (bench, role = 'subject', timeoutMs) => {
      for (let attempt = 0; attempt < MOST_CALLS; attempt += 1) {
        const event = pushEvent(bench, n);
        const ended = await bench.invoke(
          role,
          'receiveWebhook',
          event,
          attempt === 0 ? timeoutMs : undefined,
        );
        if (ended.end !== 'answered') continue;
        const { statusCode, body } = answerSchema.parse(ended.result);
        if (statusCode === 200 && /"success":\s*"?true|<success>true/.test(body)) return;
      }
      throw new StuckError(`${name} is never accepted`);
    },
  };
}

/** The n-th pushed lead as API Gateway hands it over; signed with the secret of the environment unless told. */
export function pushEvent(bench: Bench, n: number, given?: string): unknown {
  const { simulator } = bench.ground();
  const secret = given ?? bench.environment('subject')['CARFERRY_QIMEN_SECRET'] ?? simulator.info.appSecret;
  const shop = simulator.info.shops[0]?.sellerNick;
  const target = 'http://127.0.0.1/qimen';
  const call = pushedCall({ target, secret, shop, seed: 'faults', n, now: bench.now() });
  return {
    version: '2.0',
    routeKey: 'POST /qimen',
    rawPath: '/qimen',
    rawQueryString: call.url.split('?')[1] ?? '',
    headers: call.headers,
    requestContext: { http: { method: 'POST', path: '/qimen', sourceIp: '127.0.0.1' } },
    body: Buffer.from(call.body).toString('base64'),
    isBase64Encoded: true,
  };
}
