import type { Service } from '../effects.ts';
import { FIRST } from '../story.ts';
import type { Scenario } from './stage.ts';

const DAY_MS = 86_400_000;
const TOP_TOLERANCE_MS = 11 * 60_000;

/** C46: a clock that is a day off: TOP refuses it at once, and nothing is written that the right clock would not write. */
function clockOff(ms: number): Scenario {
  return async ({ bench, open, once, run, finish, hold }) => {
    await open('first.pullTrades');
    bench.advance(ms);
    let calls = 0;
    bench.handling = (_role, { service }, forward) => {
      if (service === 'top') calls += 1;
      return forward();
    };
    await once('first.pullTrades');
    await once('first.pullAdOrders');
    hold(calls > 0 && calls <= 12, `${calls} calls with a clock that TOP refuses`);
    bench.handling = (_role, _exchange, forward) => forward();
    bench.advance(-ms);
    await run('first.pullTrades', 'first.pullAdOrders');
    // Consumers that call nobody work by any clock.
    bench.advance(ms);
    await run('first.storeAdOrders');
    bench.advance(-ms);
    await run('first.enrichOrders', 'first.pullLeads', 'first.push1', 'first.push2');
    bench.advance(ms);
    await run('first.enrichLeads');
    bench.advance(-ms);
    await finish('first.storeAdOrders');
  };
}

export const clockAhead = clockOff(DAY_MS + TOP_TOLERANCE_MS);
export const clockBehind = clockOff(-DAY_MS - TOP_TOLERANCE_MS);

/** C46: a host in a zone whose clocks were set back this month. */
export const hostZone: Scenario = async ({ bench, open, finishBoth }) => {
  await open('first.pullTrades');
  bench.tune({ TZ: 'America/New_York' });
  await finishBoth('first.pullTrades');
};

/** C47: AWS refuses a request for its time; the SDK corrects its clock and sends once more. TOP is called as often as ever. */
export const skewCorrected: Scenario = async ({ bench, open, finish, hold }) => {
  await open('first.pullTrades');
  const counts = { refused: 0, pages: 0 };
  bench.handling = async (_role, { service, name }, forward) => {
    if (name === 'fetch.trades') counts.pages += 1;
    if (service !== 'dynamoDb' || counts.refused >= 3) return await forward();
    counts.refused += 1;
    return {
      status: 403,
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        date: new Date(Date.now() + 20 * 60_000).toUTCString(),
      },
      body: Buffer.from(
        '{"__type":"com.amazon.coral.service#RequestTimeTooSkewed","message":"made by a test"}',
      ),
    };
  };
  await finish('first.pullTrades');
  hold(counts.refused === 3, 'no request was refused for its time');
  hold(counts.pages <= 9, `${counts.pages} pages fetched`);
};

/** C48: one of the services is down for a whole round of ticks; then it is back, and nothing is missing. */
function serviceDown(down: Service): Scenario {
  return async ({ bench, open, once, run, finish }) => {
    await open('first.pullTrades');
    const isDown = { now: true };
    bench.handling = (_role, { service }, forward) =>
      isDown.now && service === down ? Promise.resolve('lost') : forward();
    await once('first.pullTrades');
    await once('first.pullAdOrders');
    isDown.now = false;
    await run('first.pullTrades', 'first.pullAdOrders');
    for (const { name } of FIRST.slice(2)) {
      isDown.now = true;
      await once(name);
      isDown.now = false;
      await run(name);
    }
    bench.handling = (_role, _exchange, forward) => forward();
    await finish('first.storeAdOrders');
  };
}

export const tablesDown = serviceDown('dynamoDb');
export const queuesDown = serviceDown('sqs');
