import { createHash } from 'node:crypto';
import { DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Bench, startBench } from './bench.ts';
import { prepare } from './cell.ts';
import type { Exchange, Reply } from './faultProxy.ts';
import { verdict } from './oracle.ts';
import { FIRST } from './story.ts';
import type { Finding } from './watch.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
beforeEach(async () => {
  bench.handling = (_role, _exchange, forward) => forward();
  await bench.begin();
  await prepare(bench, false);
});
afterAll(() => bench.close());

const batchSchema = z.object({ Entries: z.array(z.object({ Id: z.string(), MessageBody: z.string() })) });
const JSON_TYPE = { 'content-type': 'application/x-amz-json-1.0' };
const json = (body: unknown): Reply => ({
  status: 200,
  headers: JSON_TYPE,
  body: Buffer.from(JSON.stringify(body)),
});

async function tellFirstPhase(): Promise<void> {
  for (const step of FIRST) await step.run(bench);
}

async function found(): Promise<Record<Finding['kind'], number>> {
  const counts = { lost: 0, doubled: 0, regressed: 0 };
  for (const { kind } of await verdict(bench, bench.ground().moments.first, { pushed: 2 })) counts[kind] += 1;
  return counts;
}

/** Once, instead of the first request of this name. */
function lieOnce(name: string, lie: (exchange: Exchange) => Reply): void {
  let told = false;
  bench.handling = (_role, exchange, forward) => {
    if (told || exchange.name !== name) return forward();
    told = true;
    return Promise.resolve(lie(exchange));
  };
}

describe('the oracle', () => {
  it('finds nothing when nobody lies', async () => {
    await tellFirstPhase();

    expect(await found()).toEqual({ lost: 0, doubled: 0, regressed: 0 });
  });

  it('notices a queue that says it has what it has not', async () => {
    lieOnce('send.orders', ({ text }) => {
      const { Entries } = batchSchema.parse(JSON.parse(text));
      // The SDK compares the digest.
      const md5 = (body: string): string => createHash('md5').update(body).digest('hex');
      const Successful = Entries.map(({ Id, MessageBody }) => ({ Id, MD5OfMessageBody: md5(MessageBody) }));
      return json({ Successful, Failed: [] });
    });

    await tellFirstPhase();

    expect((await found()).lost).toBeGreaterThan(0);
  });

  it('notices a write that is confirmed and was never made', async () => {
    lieOnce('adLine.put', () => json({}));

    await tellFirstPhase();

    const findings = await verdict(bench, bench.ground().moments.first, { pushed: 2 });
    expect(findings.map(({ what }) => what)).toContain(
      'an adLine message was acknowledged before it was stored',
    );
  });

  it('notices a lead that nobody gave and an ad line too many', async () => {
    await tellFirstPhase();
    const { stores } = bench.ground();
    for await (const lead of stores.leads.scan()) {
      await stores.leads.writeLead({ ...lead, leadId: '1851125030483099999' });
      break;
    }
    for await (const line of stores.adOrders.scan()) {
      await stores.adOrders.writeLine({ ...line, line: `${line.line}x` });
      break;
    }

    expect((await found()).doubled).toBe(2);
  });

  it('notices an order that is older than the truth', async () => {
    await tellFirstPhase();
    const { stage, trades } = bench.ground();
    await bench.dynamoDb.send(
      new UpdateItemCommand({
        TableName: `carferry-${stage}-orders`,
        Key: { orderId: { S: trades[1]?.orderId ?? '' } },
        UpdateExpression: 'SET #trade.#status = :old',
        ExpressionAttributeNames: { '#trade': 'trade', '#status': 'statusCode' },
        ExpressionAttributeValues: { ':old': { S: 'WAIT_BUYER_PAY' } },
      }),
    );

    expect((await found()).lost).toBe(1);
  });

  it('notices a watermark that went back, although it is right in the end', async () => {
    const seen = { advances: 0 };
    bench.handling = async (_role, { name, text }, forward) => {
      if (name !== 'stream.advance') return await forward();
      seen.advances += 1;
      // The first advance goes too far, as a careless writer's would.
      if (seen.advances > 1) return await forward();
      return await forward(text.replaceAll(/2\d{3}-\d\d-\d\dT[\d:]+\+08:00/g, '2026-01-01T00:00:00+08:00'));
    };

    await tellFirstPhase().catch(() => undefined);

    expect((await found()).regressed).toBeGreaterThan(0);
  });

  it('notices a key that was thrown away', async () => {
    await tellFirstPhase();
    const { stage, stores } = bench.ground();
    for await (const { entityId } of stores.keys.scan()) {
      if (!entityId.startsWith('order|')) continue;
      const Key = { entityId: { S: entityId } };
      await bench.dynamoDb.send(new DeleteItemCommand({ TableName: `carferry-${stage}-keys`, Key }));
    }

    const findings = await verdict(bench, bench.ground().moments.first, { pushed: 2 });

    expect(findings.some(({ what }) => /does not open/.test(what))).toBe(true);
  });
});
