import { CONSUMERS, LOST, type Point } from './point.ts';

const WRITES = [
  'trade.write',
  'facets.write',
  'lead.write',
  'adLine.put',
  'item.put',
  'lead.summaries',
  'due.put',
];

/** Rows C24 to C48: writes, webhook, operator, surroundings. */
export const STORE_POINTS: Readonly<Record<string, Point>> = {
  C24: {
    what: '"not found" for a known id',
    required: 'asked again later, nothing deleted',
    scenarios: ['notFound'],
  },
  C25: {
    what: 'key service away or throttled',
    required: 'the item fails, nothing is written in clear',
    cells: [
      { effects: ['key.*'], kinds: ['error', 'throttled', 'wentAway', 'replyLost', 'zombie', 'double'] },
    ],
  },
  C26: {
    what: 'entity written, reply lost',
    required: 'read back or written again: the same state',
    cells: [{ effects: WRITES, kinds: LOST }],
  },
  C27: {
    what: 'entity write throttled',
    required: 'again with jitter, then the item fails',
    cells: [{ effects: WRITES, kinds: ['throttled', 'error'] }],
  },
  C28: {
    what: 'after the write, before the return',
    required: 'delivered again: nothing to do',
    cells: [{ functions: CONSUMERS, effects: WRITES, kinds: ['killAfter'] }],
  },
  C29: { what: 'returned, but the delete fails', required: 'delivered again', scenarios: ['deleteFails'] },
  C30: {
    what: 'answer of a consumer malformed or empty',
    required: 'always made of the ids of this event; held in every cell',
    cells: [{ functions: CONSUMERS, kinds: ['error', 'freeze'] }],
  },
  C31: {
    what: 'environment used again with promises pending',
    required: 'nothing of one invocation acts in the next',
    cells: [{ kinds: ['freeze'] }],
  },
  C32: {
    what: 'ban in the middle of a batch',
    required: 'all deferred; no dead letter',
    scenarios: ['longBan'],
  },
  C33: {
    what: 'dead letter of a message still being worked on',
    required: 'both may act',
    scenarios: ['deadLetterWhileWorked'],
  },
  C34: {
    what: 'webhook, before it was accepted',
    required: 'the platform calls again',
    cells: [{ functions: ['receiveWebhook'], kinds: ['killBefore'] }],
  },
  C35: {
    what: 'webhook verified, queue down',
    required: '503 with Retry-After, never success',
    cells: [{ functions: ['receiveWebhook'], effects: ['send.leads'], kinds: ['error', 'partialLasting'] }],
    scenarios: ['queueDownForWebhook'],
  },
  C36: {
    what: 'webhook queued, answer lost',
    required: 'called again: the same lead',
    cells: [
      { functions: ['receiveWebhook'], effects: ['send.leads'], kinds: ['killAfter', 'replyLost', 'freeze'] },
    ],
  },
  C37: {
    what: 'record against doubles not written',
    required: 'there is none: the id of a pushed lead is its own; its key row may fail',
    cells: [{ functions: ['receiveWebhook'], effects: ['key.*'] }],
  },
  C38: { what: 'secret rotated in the middle', required: 'both are taken', scenarios: ['secretRotates'] },
  C39: { what: 'redrive: between send and delete', required: 'a double only', scenarios: ['redriveDies'] },
  C40: { what: 'erasure: tombstone written, key not deleted', required: 'resumed', scenarios: ['eraseDies'] },
  C41: {
    what: 'erasure while messages are under way',
    required: 'dropped as erased',
    scenarios: ['eraseWhileQueued'],
  },
  C42: { what: 'key rotation half done', required: 'both open', scenarios: ['keyRotatesHalf'] },
  C43: {
    what: 'old and new code together',
    required: 'what is not understood is parked, never lost',
    scenarios: ['newerMessage', 'stateOfNewerVersion'],
  },
  C44: { what: 'TTL passed, not yet deleted', required: 'invisible', scenarios: ['expiredRows'] },
  C45: {
    what: 'tables restored from an older state',
    required: 'pulled again',
    scenarios: ['restoredTables'],
  },
  C46: {
    what: 'clock a day off, DST zone of the host',
    required: 'fails loudly, writes nothing wrong',
    scenarios: ['clockAhead', 'clockBehind', 'hostZone'],
  },
  C47: {
    what: 'clock corrected by the SDK',
    required: 'the call counts once',
    scenarios: ['skewCorrected'],
  },
  C48: {
    what: 'one service down, the other up',
    required: 'back-pressure, no loss',
    cells: [{ kinds: ['wentAway'] }],
    scenarios: ['tablesDown', 'queuesDown'],
  },
};
