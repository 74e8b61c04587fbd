import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { type Simulator, startSimulator } from '../../../../infra/local/simulator/simulator.ts';
import { wallClock } from '../../../../infra/local/simulator/wallClock.ts';
import { carMethod, control, itemMethod, leadMethod } from './simulatorClient.ts';

/* The npm package `topsdk`, a client that nobody here wrote, calls the simulator. */

type Execute = (method: string, args: Record<string, unknown>) => Promise<unknown>;
const clientSchema = z.custom<new (key: string, secret: string, options: object) => { execute: Execute }>(
  (value) => typeof value === 'function',
);
const TopClient = clientSchema.parse(createRequire(import.meta.url)('topsdk'));

const truthSchema = z.object({
  detail: z.record(
    z.string(),
    z.object({ shop: z.string(), car: z.boolean(), leadNo: z.string().nullable() }),
  ),
});

let simulator: Simulator;
let execute: Execute;
/** A car order with a lead, whose id no double holds. */
let orderId: string;
let session: string;

beforeAll(async () => {
  simulator = await startSimulator({ trades: 60, shops: 1 });
  const { appKey, appSecret, shops } = simulator.info;
  const client = new TopClient(appKey, appSecret, { endpoint: simulator.topUrl, useValidators: false });
  // It stamps calls with the wall clock of the host's zone; TOP wants GMT+8.
  execute = (method, args) => client.execute(method, { timestamp: wallClock(Date.now()), ...args });
  const [shop] = shops;
  session = shop?.session ?? '';
  const { detail } = truthSchema.parse(await control(simulator, 'truth?detail=1'));
  const isOdd = (id: string) => BigInt(Number(id)) !== BigInt(id);
  const found = Object.entries(detail).find(
    ([id, fact]) => fact.shop === shop?.sellerNick && fact.car && fact.leadNo !== null && isOdd(id),
  );
  orderId = found?.[0] ?? '';
});
afterAll(() => simulator.close());

const carReply = z.object({
  result: z.object({
    success: z.unknown(),
    data: z.object({ order_id: z.unknown(), pay_order: z.object({ pay_order_id: z.unknown() }) }),
  }),
});

test('its signature is accepted and a car order comes back; it reads 64-bit ids as exact text', async () => {
  const reply = carReply.parse(await execute(carMethod, { session, query: `{"order_id":${orderId}}` }));

  expect(reply.result.success).toBe(true);
  expect(reply.result.data.order_id).toBe(orderId);
  expect(reply.result.data.pay_order.pay_order_id).toBe(String(BigInt(orderId) + 400_000_001n));
});

test('an id given to it as a number has lost its digits before it is sent: another order, or none', async () => {
  const rounded = Number(orderId);

  const reply = await execute(carMethod, { session, query: JSON.stringify({ order_id: rounded }) });

  expect(String(BigInt(rounded))).not.toBe(orderId);
  expect(reply).toMatchObject({ result: { success: false, msg_code: 'ORDER_NOT_EXIST' } });
});

test('leads and items come too, and a wrong secret is refused in the words of the platform', async () => {
  const lead = await execute(leadMethod, { session, lead_top_query: `{"order_id":${orderId}}` });
  const items = await execute(itemMethod, { item_id: '3232' });
  const { appKey } = simulator.info;
  const wrong = new TopClient(appKey, 'wrong', { endpoint: simulator.topUrl, useValidators: false });

  expect(lead).toMatchObject({ data: { order_id: orderId } });
  expect(items).toMatchObject({ results: { tbk_item_detail: [expect.anything()] } });
  const timestamp = wallClock(Date.now());
  await expect(wrong.execute(itemMethod, { timestamp, item_id: '3232' })).rejects.toThrow(
    'Invalid signature, code 25',
  );
});
