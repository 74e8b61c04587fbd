import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CarferryError, type CarferryErrorOptions } from '../../lib/core/errors.ts';
import { silentLog } from '../../lib/core/log.ts';
import type { QueueMessage } from '../../lib/domain/queueMessage.ts';
import { type BatchOptions, consumeBatch, type UnworkableRecord } from '../../lib/queue/consumeBatch.ts';
import { noLead, recordOf } from './samples.ts';

const NOW = Date.UTC(2026, 10, 20, 2);

function failure(options: Partial<CarferryErrorOptions>): CarferryError {
  return new CarferryError({ disposition: 'retry', reason: 'test', message: 'test', ...options });
}

/** Collaborators that refuse everything the test did not expect. */
function inert(overrides: Partial<BatchOptions> = {}) {
  const parked: UnworkableRecord[] = [];
  const hidden: [string, number][] = [];
  const options: BatchOptions = {
    handle: async () => {
      throw new Error('not expected');
    },
    park: async (entry) => void parked.push(entry),
    backOff: async (receiptHandle, seconds) => void hidden.push([receiptHandle, seconds]),
    log: silentLog,
    random: () => 0.999_999,
    now: () => NOW,
    ...overrides,
  };
  return { options, parked, hidden };
}

const failed = (...ids: string[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
});

describe('the end of one record', () => {
  type Row = readonly [name: string, thrown: unknown, receives: number, seconds: number | 'acked' | 'parked'];
  const rows: readonly Row[] = [
    ['works', undefined, 1, 'acked'],
    ['is stale', failure({ disposition: 'skip' }), 1, 'acked'],
    ['will never work', failure({ disposition: 'park' }), 1, 'parked'],
    ['may work soon', failure({ disposition: 'retry' }), 1, 2],
    ['may work soon, third time', failure({ disposition: 'retry' }), 3, 8],
    ['may work soon, ninth time', failure({ disposition: 'retry' }), 9, 60],
    ['fails in a way nobody foresaw', new TypeError('x is not a function'), 1, 2],
    ['throws what is no error', 'text', 1, 2],
    ['is banned for a while', failure({ disposition: 'defer', until: NOW + 2_500 }), 1, 3],
    ['is banned for long', failure({ disposition: 'defer', until: NOW + 3_600_000 }), 1, 3_600],
    ['is banned for days', failure({ disposition: 'defer', until: NOW + 90 * 3_600_000 }), 1, 39_600],
    ['was banned', failure({ disposition: 'defer', until: NOW - 5_000 }), 1, 1],
    ['is banned without a time', failure({ disposition: 'defer' }), 1, 60],
    ['is halted', failure({ disposition: 'halt', scope: 'session' }), 1, 600],
  ];
  it.each(rows)('that %s', async (_, thrown, receives, end) => {
    const { options, parked, hidden } = inert({
      handle: async () => {
        if (thrown !== undefined) throw thrown;
      },
    });

    const response = await consumeBatch([recordOf('a', noLead('1'), receives)], options);

    expect(response).toEqual(typeof end === 'number' ? failed('a') : failed());
    expect(hidden).toEqual(typeof end === 'number' ? [['handle a', end]] : []);
    expect(parked.map(({ message }) => message)).toEqual(end === 'parked' ? [noLead('1')] : []);
  });

  it.each([
    ['no JSON', '{"v":1,'],
    ['another version', { ...noLead('1'), v: 2 }],
    ['an unknown kind', { ...noLead('1'), kind: 'surprise' }],
    ['a field of another type', { ...noLead('1'), orderId: 1 }],
    ['an unknown field', { ...noLead('1'), surprise: true }],
    ['null', 'null'],
  ])('that cannot be read (%s): parked without being handled', async (_, body) => {
    const { options, parked } = inert();
    const record = recordOf('a', body);

    const response = await consumeBatch([record], options);

    expect(response).toEqual(failed());
    expect(parked).toEqual([
      { record, message: undefined, error: expect.objectContaining({ reason: 'unreadable-message' }) },
    ]);
  });

  it('tells where a message is unreadable, never what stands there', async () => {
    const { options, parked } = inert();

    await consumeBatch([recordOf('a', { ...noLead('1'), observedAt: '测试甲 13900000001' })], options);

    expect(parked[0]?.error.field).toBe('observedAt');
    const { message, hint, details } = parked[0]?.error ?? failure({});
    expect(JSON.stringify({ message, hint, details })).not.toMatch(/测试甲|139/);
  });

  it('comes back when it could not be parked', async () => {
    const { options, hidden } = inert({
      handle: async () => {
        throw failure({ disposition: 'park' });
      },
      park: async () => {
        throw failure({ disposition: 'park', reason: 'record-too-large' });
      },
    });

    expect(await consumeBatch([recordOf('a', noLead('1'))], options)).toEqual(failed('a'));
    expect(hidden).toHaveLength(1);
  });

  it('comes back when its visibility could not be changed', async () => {
    const { options } = inert({
      backOff: async () => {
        throw failure({ reason: 'queue-unavailable' });
      },
    });

    expect(await consumeBatch([recordOf('a', noLead('1'))], options)).toEqual(failed('a'));
  });

  it('is hidden for a random time of at least a second', async () => {
    const { options, hidden } = inert({ random: () => 0 });

    await consumeBatch([recordOf('a', noLead('1'), 8)], options);

    expect(hidden).toEqual([['handle a', 1]]);
  });
});

describe('a record that has to wait', () => {
  const ban = (ms: number) => failure({ disposition: 'defer', until: NOW + ms });
  type Row = readonly [name: string, thrown: CarferryError, receives: number, end: 'put off' | 'hidden'];
  const rows: readonly Row[] = [
    ['for a ban of a minute', ban(60_000), 1, 'hidden'],
    ['for a longer ban', ban(60_001), 1, 'put off'],
    ['for its third short ban', ban(5_000), 3, 'put off'],
    ['for a new session', failure({ disposition: 'halt', scope: 'session' }), 1, 'put off'],
    ['because nobody knows why it failed', failure({ disposition: 'retry' }), 4, 'hidden'],
  ];
  it.each(rows)('%s is worked for later or comes back', async (_, thrown, receives, end) => {
    const later: [QueueMessage, number][] = [];
    const { options, hidden } = inert({
      handle: async () => {
        throw thrown;
      },
      putOff: async (message, until) => {
        later.push([message, until]);
        return true;
      },
    });

    const response = await consumeBatch([recordOf('a', noLead('1'), receives)], options);

    const isPutOff = end === 'put off';
    expect(response).toEqual(isPutOff ? failed() : failed('a'));
    expect(later).toEqual(isPutOff ? [[noLead('1'), thrown.until ?? NOW + 600_000]] : []);
    expect(hidden).toHaveLength(isPutOff ? 0 : 1);
  });

  it.each([
    ['cannot wait elsewhere', async () => false],
    ['could not be put off', async () => Promise.reject(failure({ reason: 'store-unavailable' }))],
  ])('stays in its queue, hidden until the ban ends, when it %s', async (_, putOff) => {
    const { options, hidden } = inert({
      handle: async () => {
        throw ban(120_000);
      },
      putOff,
    });

    expect(await consumeBatch([recordOf('a', noLead('1'))], options)).toEqual(failed('a'));
    expect(hidden).toEqual([['handle a', 120]]);
  });
});

describe('a message that was sent again', () => {
  const sentAgain = (hops: string) => ({
    ...recordOf('a', noLead('1')),
    messageAttributes: { hops: { stringValue: hops } },
  });
  it.each([
    ['8', 'worked'],
    ['9', 'parked'],
    ['many', 'worked'],
    ['999999999', 'parked'],
  ])('%s times is %s', async (hops, end) => {
    const healed: [QueueMessage, number][] = [];
    const { options, parked } = inert({
      handle: async () => {},
      heal: async (message, times) => void healed.push([message, times]),
    });

    expect(await consumeBatch([sentAgain(hops)], options)).toEqual(failed());
    expect(parked.map(({ error }) => error.reason)).toEqual(end === 'parked' ? ['too-many-hops'] : []);
    expect(healed).toEqual(end === 'parked' ? [] : [[noLead('1'), 8]]);
  });

  it('comes back when it worked but could not be taken out of quarantine', async () => {
    const { options } = inert({
      handle: async () => {},
      heal: async () => Promise.reject(failure({ reason: 'store-unavailable' })),
    });

    expect(await consumeBatch([sentAgain('1')], options)).toEqual(failed('a'));
  });
});

describe('a batch', () => {
  it('without records is an error', async () => {
    await expect(consumeBatch([], inert().options)).rejects.toMatchObject({ reason: 'empty-batch' });
  });

  it('fails exactly the records that failed, whatever their neighbours do', async () => {
    const fate = fc.constantFrom('ok', 'retry', 'park', 'skip', 'throw', 'unreadable', 'slow');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fate, { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 30 }),
        async (fates, concurrency) => {
          const handled: string[] = [];
          const { options, parked } = inert({
            concurrency,
            handle: async (message) => {
              if (message.kind !== 'noLead') throw new Error('not expected');
              handled.push(message.orderId);
              const own = fates[Number(message.orderId)];
              if (own === 'slow') await new Promise((resolve) => setImmediate(resolve));
              if (own === 'throw') throw new Error('unforeseen');
              if (own === 'retry' || own === 'park' || own === 'skip') throw failure({ disposition: own });
            },
          });
          const records = fates.map((own, n) =>
            recordOf(`id-${n}`, own === 'unreadable' ? '<html>' : noLead(String(n))),
          );

          const { batchItemFailures } = await consumeBatch(records, options);

          const with_ = (...names: string[]) =>
            fates.flatMap((own, n) => (names.includes(own) ? [`id-${n}`] : []));
          expect(batchItemFailures.map((one) => one.itemIdentifier).sort()).toEqual(
            with_('retry', 'throw').sort(),
          );
          expect(parked.map(({ record }) => record.messageId).sort()).toEqual(
            with_('park', 'unreadable').sort(),
          );
          expect(handled).toHaveLength(fates.filter((own) => own !== 'unreadable').length);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('works on no more records at a time than told', async () => {
    let running = 0;
    let most = 0;
    const { options } = inert({
      concurrency: 3,
      handle: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
      },
    });

    await consumeBatch(
      Array.from({ length: 11 }, (_, n) => recordOf(`id-${n}`, noLead(String(n)))),
      options,
    );

    expect(most).toBe(3);
  });

  it('remembers nothing of the batch before', async () => {
    const { options } = inert();
    await consumeBatch([recordOf('old', noLead('1'))], options);

    const response = await consumeBatch([recordOf('new', noLead('1'))], options);

    expect(response).toEqual(failed('new'));
  });

  it('names a message that came twice once', async () => {
    const { options } = inert();

    const response = await consumeBatch([recordOf('a', noLead('1')), recordOf('a', noLead('1'))], options);

    expect(response).toEqual(failed('a'));
  });
});
