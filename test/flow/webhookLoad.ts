import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { DeleteMessageCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import { handler as enrichLeads } from '../../functions/enrichLeads.ts';
import { handler as receiveWebhook } from '../../functions/receiveWebhook.ts';
import { startHttpServer } from '../../infra/local/httpServer.ts';
import { pushedLead } from '../../infra/local/simulator/platform/pushedCall.ts';
import { startSimulator } from '../../infra/local/simulator/simulator.ts';
import type { LeadRecord } from '../../lib/domain/leadRecord.ts';
import { queueMessageSchema } from '../../lib/domain/queueMessage.ts';
import { createLeadsTable } from '../../lib/store/leadsTable.ts';
import type { FunctionBench } from '../functions/functionBench.ts';
import { lambdaContext } from '../lambda/lambdaContext.ts';
import { sqsEvent } from '../lambda/sqsEvent.ts';

const reportSchema = z.object({
  sent: z.number(),
  valid: z.number(),
  forged: z.number(),
  accepted: z.number(),
  refused: z.number(),
  forgedAccepted: z.number(),
  sentAgain: z.number(),
  unanswered: z.number(),
  probe: z.object({ answer: z.string(), isAsExpected: z.boolean() }),
});

export type WebhookLoad = {
  /** What the simulated platform saw. */
  readonly report: z.output<typeof reportSchema>;
  /** `store_code` of every stored lead; the n-th pushed lead has `C<n>`. */
  readonly storedCodes: readonly string[];
  readonly queued: number;
  readonly ms: number;
};

/** A queue that is away for a part: in turn no connection, a 503, and a message taken without an answer. */
export async function startFailingQueue(target: string, isAway: (nth: number) => boolean) {
  let count = 0;
  let failures = 0;
  const relay = (request: IncomingMessage, response: ServerResponse, isMute: boolean) => {
    const { method, headers, url = '/' } = request;
    const onward = httpRequest(new URL(url, target), { method, headers }, (answer) => {
      if (isMute) request.socket.destroy();
      else answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers));
      if (isMute) answer.resume();
    });
    onward.on('error', () => request.socket.destroy());
    request.pipe(onward);
  };
  const server = createServer((request, response) => {
    count += 1;
    if (!isAway(count)) return relay(request, response, false);
    failures += 1;
    if (failures % 3 === 0) return relay(request, response, true);
    if (failures % 3 === 1) request.socket.destroy();
    else response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    failures: () => failures,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const SEED = 'carferry';

/** Throws when a queued or stored lead shows the person it is about. */
function assertSealed(lead: LeadRecord): void {
  const { name = '', mobile = '', addr = '' } = pushedLead(SEED, Number(lead.storeCode?.slice(1)));
  const text = JSON.stringify(lead);
  if (lead.phoneSealed === undefined) throw new Error('a lead without its phone');
  if ([name, mobile, addr].some((value) => text.includes(value))) throw new Error('a person in clear');
}

/** Stores what waits in the leads queue; answers how many messages there were. */
async function drainLeads({ engines, environment }: FunctionBench): Promise<number> {
  const QueueUrl = environment['LEADS_QUEUE_URL'] ?? '';
  let queued = 0;
  for (;;) {
    const { Messages = [] } = await engines.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return queued;
    queued += Messages.length;
    const messages = Messages.map(({ Body }) => queueMessageSchema.parse(JSON.parse(Body ?? '')));
    for (const message of messages) if (message.kind === 'lead') assertSealed(message.lead);
    const { batchItemFailures } = await enrichLeads(sqsEvent(messages), lambdaContext());
    if (batchItemFailures.length > 0) throw new Error('a lead could not be stored');
    for (const { ReceiptHandle } of Messages) {
      await engines.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

/**
 * Pushes leads at the real functions on the embedded engines, half of them forged, while the queue is away for
 * a tenth of the requests; then stores all that was queued. `environment` must already be in force.
 */
export async function runWebhookLoad(
  bench: FunctionBench,
  options: { readonly count: number; readonly concurrency: number; readonly secret: string },
): Promise<WebhookLoad> {
  const startedAt = Date.now();
  const simulator = await startSimulator({ seed: SEED, trades: 0, growthPerMinute: 0, shops: 1 });
  const routes = [{ method: 'POST', path: '/qimen', function: 'receiveWebhook' }];
  const invoke = async (_name: string, event: unknown) =>
    receiveWebhook(z.custom<Parameters<typeof receiveWebhook>[0]>().parse(event), lambdaContext());
  const http = await startHttpServer(routes, { port: 0, invoke });
  try {
    const pushed = await fetch(`${simulator.url}/_sim/push`, {
      method: 'POST',
      body: JSON.stringify({
        url: `http://127.0.0.1:${http.port}/qimen`,
        forgedEvery: 2,
        probe: true,
        ...options,
      }),
    });
    const report = reportSchema.parse(await pushed.json());
    const queued = await drainLeads(bench);
    const leads = createLeadsTable(bench.engines.dynamoDb, bench.environment['LEADS_TABLE'] ?? '');
    const storedCodes: string[] = [];
    for await (const lead of leads.scan()) {
      assertSealed(lead);
      storedCodes.push(lead.storeCode ?? lead.leadId);
    }
    return { report, queued, storedCodes, ms: Date.now() - startedAt };
  } finally {
    await Promise.all([http.close(), simulator.close()]);
  }
}

/** The codes of the valid ones among the first `count` leads when every second one is forged. */
export function validCodes(count: number): string[] {
  return Array.from({ length: count }, (_, n) => n).flatMap((n) => ((n + 1) % 2 === 0 ? [] : [`C${n}`]));
}
