import { type SendMessageBatchCommandOutput, SQSClient } from '@aws-sdk/client-sqs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSender, packBatches } from '../../lib/queue/sendBatch.ts';
import { serialiseMessage } from '../../lib/queue/serialiseMessage.ts';
import { noLead, tradeOf } from './samples.ts';

type Reply = Pick<SendMessageBatchCommandOutput, 'Successful' | 'Failed'>;
type Entry = { readonly Id?: string | undefined; readonly MessageBody?: string | undefined };
type Answer = (entries: Entry[], call: number) => Reply | Error;

/** A real client whose requests never leave: every one is answered by the test. */
function answeringSqs(answer: Answer) {
  const sent: string[][] = [];
  const sqs = new SQSClient({ region: 'cn-north-1' });
  sqs.middlewareStack.add(
    () => async (args) => {
      const entries: Entry[] = 'Entries' in args.input ? (args.input.Entries ?? []) : [];
      sent.push(entries.map(({ MessageBody }) => String(MessageBody)));
      const reply = answer(entries, sent.length);
      if (reply instanceof Error) throw reply;
      return { response: {}, output: { $metadata: {}, ...reply } };
    },
    { step: 'initialize', name: 'answer' },
  );
  return { sqs, sent };
}

const QUEUE_URL = 'http://127.0.0.1:1/000000000000/test';

/** Confirms the entries that `accepts` says, fails the others. */
function partly(accepts: (body: string, call: number) => boolean, code = 'InternalError'): Answer {
  return (entries, call) => {
    const isAccepted = ({ MessageBody }: Entry) => accepts(String(MessageBody), call);
    return {
      Successful: entries.filter(isAccepted).map(({ Id }) => ({ Id, MessageId: 'm', MD5OfMessageBody: '' })),
      Failed: entries
        .filter((entry) => !isAccepted(entry))
        .map(({ Id }) => ({ Id, Code: code, SenderFault: false })),
    };
  };
}

const orderIdsOf = (bodies: string[]) => bodies.map((body) => JSON.parse(body).orderId);

function recordingClock() {
  const waits: number[] = [];
  return { waits, sleep: async (ms: number) => void waits.push(ms) };
}

describe('packing', () => {
  it('keeps order, ten entries and 1 MiB a batch, whatever the sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 * 1024 }), { maxLength: 40 }), (sizes) => {
        const bodies = sizes.map((size, n) =>
          `${n}`.padEnd(size, '字').slice(0, Math.max(1, Math.floor(size / 3))),
        );

        const batches = packBatches(bodies);

        expect(batches.flat()).toEqual(bodies);
        for (const batch of batches) {
          expect(batch.length).toBeGreaterThanOrEqual(1);
          expect(batch.length).toBeLessThanOrEqual(10);
          expect(batch.reduce((sum, body) => sum + Buffer.byteLength(body), 0)).toBeLessThanOrEqual(
            1024 * 1024,
          );
        }
      }),
      { numRuns: 30 },
    );
  });

  it('opens a new batch for bytes before ten entries are reached', () => {
    const bodies = Array.from({ length: 10 }, () => 'x'.repeat(199 * 1024));

    expect(packBatches(bodies).map((batch) => batch.length)).toEqual([5, 5]);
  });

  it('sends nothing for nothing', async () => {
    const { sqs, sent } = answeringSqs(() => new Error('not expected'));

    await createSender(sqs, QUEUE_URL).send([]);

    expect(sent).toEqual([]);
  });
});

/** What every queue takes: XML 1.0 without the characters above U+FFFF. */
function isXmlCharacter(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  const isSpace = code === 9 || code === 10 || code === 13;
  return isSpace || (code >= 0x20 && code <= 0xd7ff) || (code >= 0xe000 && code <= 0xfffd);
}

describe('a message', () => {
  it('above 200 KiB is refused before anything is sent', async () => {
    const { sqs, sent } = answeringSqs(() => new Error('not expected'));

    const sending = createSender(sqs, QUEUE_URL).send([noLead('1'), tradeOf('2', 205 * 1024)]);

    await expect(sending).rejects.toMatchObject({ disposition: 'park', reason: 'message-too-large' });
    expect(sent).toEqual([]);
  });

  it('is measured as it is sent: emoji count twelve bytes', () => {
    expect(() => serialiseMessage(tradeOf('1', 17_000, '😀'))).not.toThrow();
    expect(() => serialiseMessage(tradeOf('1', 17_100, '😀'))).toThrow('above 200 KiB');
  });

  it('holds only characters that every queue takes, and reads back the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (memo) => {
        const message = tradeOf('1', 1, `${memo}\ufffe\uffff\ud83d`);

        const body = serialiseMessage(message);
        expect([...body].every(isXmlCharacter)).toBe(true);
        expect(JSON.parse(body)).toEqual(message);
      }),
    );
  });
});

describe('a reply', () => {
  it('that fails some entries makes exactly those go again', async () => {
    const { sqs, sent } = answeringSqs(partly((body, call) => call > 1 || !/"(3|7)"/.test(body)));
    const clock = recordingClock();
    const messages = Array.from({ length: 12 }, (_, n) => noLead(String(n)));

    await createSender(sqs, QUEUE_URL, clock).send(messages);

    expect(sent.map(orderIdsOf)).toEqual([
      ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
      ['3', '7'],
      ['10', '11'],
    ]);
    expect(clock.waits).toHaveLength(1);
  });

  it('that mentions an entry nowhere counts as not accepted', async () => {
    const { sqs, sent } = answeringSqs((entries, call) =>
      call === 1 ? { Successful: [], Failed: undefined } : partly(() => true)(entries, call),
    );

    await createSender(sqs, QUEUE_URL, recordingClock()).send([noLead('1')]);

    expect(sent.map(orderIdsOf)).toEqual([['1'], ['1']]);
  });

  it('that keeps failing an entry ends in an error to retry', async () => {
    const { sqs, sent } = answeringSqs(partly((body) => !body.includes('"2"')));

    const sending = createSender(sqs, QUEUE_URL, recordingClock()).send([noLead('1'), noLead('2')]);

    await expect(sending).rejects.toMatchObject({ disposition: 'retry', reason: 'queue-unavailable' });
    expect(sent.map(orderIdsOf)).toEqual([['1', '2'], ['2'], ['2'], ['2']]);
  });

  it('that refuses the characters of a message parks it', async () => {
    const { sqs } = answeringSqs(partly(() => false, 'InvalidMessageContents'));

    const sending = createSender(sqs, QUEUE_URL, recordingClock()).send([noLead('1')]);

    await expect(sending).rejects.toMatchObject({ disposition: 'park', reason: 'message-refused' });
  });

  it('that never comes is an error to retry', async () => {
    const { sqs } = answeringSqs(() => Object.assign(new Error('reset'), { name: 'TimeoutError' }));

    const sending = createSender(sqs, QUEUE_URL, recordingClock()).send([noLead('1')]);

    await expect(sending).rejects.toMatchObject({ disposition: 'retry', reason: 'queue-unavailable' });
  });
});
