import * as z from 'zod';
import type { Reply } from '../faultProxy.ts';
import { SHOPS } from '../world.ts';
import type { Scenario } from './stage.ts';

const MINUTE_MS = 60_000;

/** C13: rows come into a window while its pages are read; what does not add up is walked again. */
export const countGrew: Scenario = async ({ open, run, control, finishBoth, allow }) => {
  // A window that never added up is left to the ledger; the watermark goes on, and a sweep closes it.
  allow(/went past/);
  await open('first.pullTrades');
  await control('quirks', 'POST', { shiftingTotals: { rows: 2, everyCalls: 3 } });
  await run('first.pullTrades');
  await control('quirks', 'DELETE');
  await finishBoth('first.pullTrades');
};

/** C13: the list moves on by a row between two pages. */
export const pagesShift: Scenario = async ({ open, run, control, finishBoth }) => {
  await open('first.pullTrades');
  await control('quirks', 'POST', { shiftingPages: { times: 3 } });
  await run('first.pullTrades');
  await control('quirks', 'DELETE');
  await finishBoth('first.pullTrades');
};

/** C18: a session expires between the pages and the enrichment; with a new one everything catches up by itself. */
export const sessionExpires: Scenario = async ({ bench, open, run, once, control, finish, hold }) => {
  await open('first.enrichOrders');
  const [shop = ''] = SHOPS;
  await control('quirks', 'POST', { renewedSessions: { [shop]: 'renewed-session' } });
  await run('first.enrichOrders');
  await once('first.pullLeads');
  const { stores } = bench.ground();
  const environment = bench.environment('subject');
  let owing = 0;
  for await (const order of stores.orders.scan()) if (order.owes.length > 0) owing += 1;
  hold(owing > 0, 'nothing is owed although the session had expired');
  const shops: { sellerNick: string; session: string }[] = JSON.parse(environment['CARFERRY_SHOPS'] ?? '[]');
  const renewed = shops.map((one) =>
    one.sellerNick === shop ? { ...one, session: 'renewed-session' } : one,
  );
  bench.tune({ CARFERRY_SHOPS: JSON.stringify(renewed) });
  // Halted work is looked at again after ten minutes.
  await run('due.enqueueDues', 'due.enrichOrders', 'due.pullLeads');
  await finish('first.pullLeads');
};

/** C24: TOP does not know the car of an order yet; it is asked again later and nothing is deleted. */
export const notFound: Scenario = async ({ bench, open, run, finish, hold }) => {
  await open('first.enrichOrders');
  const ids = { accessories: '', car: '' };
  for (const { orderId, car } of bench.ground().trades) ids[car ? 'car' : 'accessories'] ||= orderId;
  const denial = Promise.withResolvers<Reply>();
  bench.handling = async (_role, { name, body }, forward) => {
    if (name !== 'fetch.car') return await forward();
    if (String(body['query']).includes(ids.car)) return await denial.promise;
    const reply = await forward();
    if (String(body['query']).includes(ids.accessories)) denial.resolve(reply);
    return reply;
  };
  await run('first.enrichOrders');
  bench.handling = (_role, _exchange, forward) => forward();
  const order = await bench.ground().stores.orders.read(ids.car);
  hold(order?.car === null, 'an order that TOP does not know as a car order is not noted as such');
  await run('due.enqueueDues', 'due.enrichOrders');
  await finish('first.pullLeads');
};

/** C32: a ban longer than any queue waits: the work goes through dues, and no message is received again and again. */
export const longBan: Scenario = async ({ bench, open, run, control, finish, hold }) => {
  await open('first.enrichOrders');
  await control('quirks', 'POST', { ban: { method: 'tmall.aliauto.trade.car.order.get', seconds: 300 } });
  let invocations = 0;
  const { invoke } = bench;
  bench.invoke = (...parameters) => {
    invocations += 1;
    return invoke(...parameters);
  };
  await run('first.enrichOrders');
  bench.invoke = invoke;
  hold(invocations <= 3, `the queue was received ${invocations} times during one ban`);
  await control('quirks', 'DELETE');
  bench.advance(6 * MINUTE_MS);
  await run('due.enqueueDues', 'due.enrichOrders');
  await finish('first.pullLeads');
};

const statusSchema = z.object({ statusCode: z.number(), headers: z.record(z.string(), z.unknown()) });

/** C35: the queue is away: the platform hears 503 and calls again. */
export const queueDownForWebhook: Scenario = async ({ bench, open, once, finish, hold }) => {
  await open('first.push1');
  bench.handling = (_role, { service }, forward) => (service === 'sqs' ? Promise.resolve('lost') : forward());
  const ended = z.looseObject({ end: z.string(), result: z.unknown() }).parse(await once('first.push1'));
  const { statusCode, headers } = statusSchema.parse(ended.result);
  hold(
    statusCode === 503 && headers['retry-after'] !== undefined,
    `status ${statusCode} while the queue is down`,
  );
  bench.handling = (_role, _exchange, forward) => forward();
  await finish('first.push1');
};
