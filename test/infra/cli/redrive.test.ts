import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OpenData } from '../../../infra/cli/openData.ts';
import { chooseDeadQueues, summariseDeadLetters } from '../../../infra/cli/redrive/deadQueues.ts';
import { routeOf } from '../../../infra/cli/redrive/parkedRoutes.ts';
import { redriveDeadQueue } from '../../../infra/cli/redrive/redriveDeadQueue.ts';
import { redriveParked } from '../../../infra/cli/redrive/redriveParked.ts';
import { isSelected, selectParked } from '../../../infra/cli/redrive/selection.ts';
import { walksOf } from '../../../infra/cli/redrive/walkAgain.ts';
import { type Clock, systemClock } from '../../../lib/core/clock.ts';
import { CarferryError } from '../../../lib/core/errors.ts';
import { createSealedParker } from '../../../lib/lambda/sealedParker.ts';
import { hopsOf } from '../../../lib/queue/hops.ts';
import type { Parked } from '../../../lib/store/quarantineTable.ts';
import { AT, noLead, recordOf, SHOP, tradeOf } from '../../queue/samples.ts';
import { openFreshData } from './openedData.ts';

let data: OpenData;
let close: () => Promise<void>;
beforeEach(async () => {
  ({ data, close } = await openFreshData());
});
afterEach(() => close());

const instant: Clock = { now: systemClock.now, sleep: async () => {} };
const HOW = { dryRun: false, perSecond: 1000, resetHops: false, clock: instant };
const url = (noun: string) => data.queueUrls.get(`carferry-local-${noun}`) ?? '';
const LARGE = new CarferryError({ disposition: 'park', reason: 'record-too-large', message: 'too large' });

/** Parks as a consumer does. */
async function park(
  source: string,
  message: ReturnType<typeof noLead> | ReturnType<typeof tradeOf>,
  hops = 0,
) {
  const parker = createSealedParker({
    source,
    quarantine: data.stores.quarantine,
    keys: data.keys(),
    clock: { ...systemClock, now: () => Date.parse(AT) },
  });
  const record = {
    ...recordOf('a', message),
    ...(hops > 0 && { messageAttributes: { hops: { stringValue: String(hops) } } }),
  };
  await parker.park({ record, message, error: LARGE });
}
async function send(noun: string, body: unknown): Promise<void> {
  await data.sqs.send(new SendMessageCommand({ QueueUrl: url(noun), MessageBody: JSON.stringify(body) }));
}
async function received(noun: string) {
  const { Messages = [] } = await data.sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url(noun),
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 0,
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages.map(({ Body = '', MessageAttributes }) => ({
    body: JSON.parse(Body),
    hops: hopsOf(MessageAttributes),
  }));
}
async function parked(): Promise<Parked[]> {
  const rows = [];
  for await (const row of data.stores.quarantine.list()) rows.push(row);
  return rows.sort((a, b) => (a.quarantineId < b.quarantineId ? -1 : 1));
}
async function dues() {
  const rows = [];
  for await (const row of data.stores.dues.scan()) rows.push(row);
  return rows;
}

describe('redrive of quarantine', () => {
  it('opens a parked message, sends it as a fresh one and only then takes it out', async () => {
    await park('leads', noLead('1'));
    await park('orders', tradeOf('2', 10), 3);

    const outcomes = await redriveParked(await parked(), data, HOW);

    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['sent', 'sent']);
    expect(await received('leads')).toEqual([{ body: noLead('1'), hops: 1 }]);
    expect(await received('orders')).toEqual([{ body: tradeOf('2', 10), hops: 4 }]);
    expect(await parked()).toEqual([]);
  });

  it('killed after the send leaves it parked: doubled, never lost', async () => {
    await park('leads', noLead('1'));
    const rows = await parked();
    const killed = {
      ...data,
      stores: {
        ...data.stores,
        quarantine: {
          ...data.stores.quarantine,
          resolveSeen: async () => {
            throw new Error('killed');
          },
        },
      },
    };

    await expect(redriveParked(rows, killed, HOW)).rejects.toThrow('killed');
    expect(await parked()).toHaveLength(1);
    await redriveParked(await parked(), data, HOW);

    expect((await received('leads')).map(({ body }) => body)).toEqual([noLead('1'), noLead('1')]);
    expect(await parked()).toEqual([]);
  });

  it('leaves what was parked again meanwhile', async () => {
    await park('leads', noLead('1'));
    const rows = await parked();
    await park('leads', noLead('1'));

    await redriveParked(rows, data, HOW);

    expect((await parked()).map(({ times }) => times)).toEqual([2]);
  });

  it('as a dry run changes nothing', async () => {
    await park('leads', noLead('1'));
    const ask = {
      source: 'tmall.aliauto.lead.info.get',
      shop: SHOP,
      orderId: '9',
      reason: 'unexpected-shape',
    };
    await data.stores.quarantine.park({ ...ask, quarantineId: `${ask.source}#9`, seenAt: AT });
    const before = await parked();

    const outcomes = await redriveParked(before, data, { ...HOW, dryRun: true });

    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['asked', 'sent']);
    expect([await parked(), await received('leads'), await dues()]).toEqual([before, [], []]);
  });

  it.each([
    ['tmall.aliauto.trade.car.order.get', 'owed', ['car']],
    ['taobao.tbk.item.info.upgrade.get', 'owed', ['items']],
    ['tmall.aliauto.lead.info.get', 'leadCheck', undefined],
  ])(
    'has an order asked again that %s answered unreadably, and keeps the row until it works',
    async (source, reason, steps) => {
      const row = {
        quarantineId: `${source}#9`,
        source,
        shop: SHOP,
        orderId: '9',
        reason: 'unexpected-shape',
      };
      await data.stores.quarantine.park({ ...row, seenAt: AT });

      await redriveParked(await parked(), data, HOW);

      expect(await dues()).toMatchObject([
        { orderId: '9', reason, shop: SHOP, attempts: 0, ...(steps && { steps }) },
      ]);
      expect(await parked()).toHaveLength(1);
    },
  );

  it.each([
    ['was sent again eight times', 8, {}, 'kept'],
    ['was sent again eight times, with --reset-hops', 8, { resetHops: true }, 'sent'],
  ])('a message that %s', async (_, hops, how, outcome) => {
    await park('leads', noLead('1'), hops);

    const [first] = await redriveParked(await parked(), data, { ...HOW, ...how });

    expect(first?.outcome).toBe(outcome);
    expect((await received('leads')).map((one) => one.hops)).toEqual(outcome === 'sent' ? [1] : []);
  });

  it('keeps what it cannot open, and says why', async () => {
    await park('leads', noLead('1'));
    const [row] = await parked();
    if (row === undefined) throw new Error('nothing was parked');
    const moved = { ...row, quarantineId: 'leads#noLead#other' };

    const [outcome] = await redriveParked([moved, { ...row, payloadDropped: true }], data, HOW);

    expect(outcome).toMatchObject({ outcome: 'kept', why: expect.stringContaining('unreadable-envelope') });
    expect(await received('leads')).toEqual([]);
  });
});

describe('what is meant', () => {
  const row = (overrides: Partial<Parked> = {}): Parked => ({
    quarantineId: 'q',
    source: 'orders',
    shop: SHOP,
    reason: 'record-too-large',
    firstSeenAt: AT,
    lastSeenAt: AT,
    times: 1,
    ...overrides,
  });
  const all = { ids: [], limit: 10 };
  it.each([
    [{}, true],
    [{ ids: ['q', 'r'] }, true],
    [{ ids: ['r'] }, false],
    [{ reason: 'other' }, false],
    [{ source: 'leads' }, false],
    [{ shop: 'other' }, false],
    [{ older: Date.parse(AT) }, false],
    [{ older: Date.parse(AT) + 1, shop: SHOP, source: 'orders', reason: 'record-too-large' }, true],
  ])('%j selects it: %s', (selection, expected) => {
    expect(isSelected(row(), { ...all, ...selection })).toBe(expected);
  });

  it('the oldest come first when there is a limit', async () => {
    async function* rows() {
      yield row({ quarantineId: 'new', firstSeenAt: '2026-11-21T10:00:00+08:00' });
      yield row({ quarantineId: 'old' });
    }

    const { selected } = await selectParked(rows(), { ...all, limit: 1 });

    expect(selected.map(({ quarantineId }) => quarantineId)).toEqual(['old']);
  });

  it('a named id under which nothing is parked is told apart from one that another flag excludes', async () => {
    async function* rows() {
      yield row({ quarantineId: 'meant' });
      yield row({ quarantineId: 'excluded', reason: 'other' });
    }

    const { selected, absent } = await selectParked(rows(), {
      ids: ['excluded', 'absent', 'meant', 'absent'],
      reason: 'record-too-large',
      limit: 1,
    });

    expect(selected.map(({ quarantineId }) => quarantineId)).toEqual(['meant']);
    expect(absent).toEqual(['absent']);
  });

  it('rows of listings are walked once for each shop and day, or over all that is listed', () => {
    const listed = {
      source: 'qimen.taobao.crm.trades.info.create',
      listedFrom: '2026-11-20T23:59:59+08:00',
      listedTo: '2026-11-21T00:00:00+08:00',
    };

    const walks = walksOf([
      row(listed),
      row({ ...listed, quarantineId: 's', listedTo: '2026-11-21T00:00:01+08:00', shop: 'other' }),
      row({ ...listed, quarantineId: 'r' }),
      row({ source: 'alibaba.taobao.ud.smart.order.detail.pull' }),
      row(),
    ]);

    expect(walks).toEqual([
      { pull: 'pullTrades', shop: SHOP, day: '2026-11-20' },
      { pull: 'pullTrades', shop: 'other', day: undefined },
      { pull: 'pullAdOrders', shop: SHOP, day: undefined },
    ]);
  });

  it.each([
    ['orders', '1', 'message'],
    ['adOrders', undefined, 'message'],
    ['tmall.aliauto.lead.info.get', '1', 'ask'],
    ['tmall.aliauto.lead.info.get', undefined, 'none'],
    ['taobao.tmc.messages.consume', '1', 'walk'],
    ['something.new', '1', 'none'],
  ])('a record of %s (order %s) goes by %s', (source, orderId, kind) => {
    expect(routeOf({ source, orderId }).kind).toBe(kind);
  });
});

describe('dead letters', () => {
  const how = { selection: { ids: [], limit: 100 }, dryRun: false, perSecond: 1000, resetHops: false };
  const options = { ...how, signal: new AbortController().signal };

  it('are listed by queue, with time and order, never with content', async () => {
    await send('leads-dead', noLead('11', { shop: SHOP }));
    await send('leads-dead', { ...noLead('12'), surprise: '测试甲 13900000001' });

    const summaries = await summariseDeadLetters(data);
    await systemClock.sleep(1_100);
    const again = await summariseDeadLetters(data);

    expect(summaries.map(({ queue, count }) => [queue, count])).toEqual([
      ['orders-dead', 0],
      ['ad-orders-dead', 0],
      ['leads-dead', 2],
      ['scheduler-dead', 0],
    ]);
    expect(summaries[2]?.kinds).toEqual({ noLead: 1, unreadable: 1 });
    expect(summaries[2]?.samples.map(({ about }) => about).sort()).toEqual(['11', null]);
    expect(JSON.stringify(summaries)).not.toMatch(/测试甲|139/);
    expect(again).toEqual(summaries);
  });

  it('of a queue go back to it, and its dead-letter queue is empty', async () => {
    await send('leads-dead', noLead('1'));
    const [queue] = chooseDeadQueues(data, 'leads');
    if (queue === undefined) throw new Error('no queue');

    const report = await redriveDeadQueue(queue, data, options);
    const second = await redriveDeadQueue(queue, data, options);

    expect([report.sent, second.sent]).toEqual([1, 0]);
    expect(await received('leads')).toEqual([{ body: noLead('1'), hops: 1 }]);
    const { Attributes } = await data.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url('leads-dead'), AttributeNames: ['All'] }),
    );
    expect(Attributes?.['ApproximateNumberOfMessages']).toBe('0');
    expect(Attributes?.['ApproximateNumberOfMessagesNotVisible']).toBe('0');
  });

  it('of the scheduler are only removed', async () => {
    await send('scheduler-dead', { lane: 'live' });
    const [queue] = chooseDeadQueues(data, 'scheduler-dead');
    if (queue === undefined) throw new Error('no queue');

    expect(await redriveDeadQueue(queue, data, { ...options, dryRun: true })).toMatchObject({
      superseded: 1,
    });
    await systemClock.sleep(1_100);
    expect(await redriveDeadQueue(queue, data, options)).toMatchObject({ sent: 0, superseded: 1 });
    expect(await received('scheduler-dead')).toEqual([]);
  });

  it('of an unknown queue: names those there are', () => {
    expect(() => chooseDeadQueues(data, 'lead')).toThrow(
      expect.objectContaining({ reason: 'configuration' }),
    );
  });
});
