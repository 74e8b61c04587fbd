import type { Cell } from './cell.ts';
import type { Kind } from './kinds.ts';

/** Which cells belong to a point of the crash matrix: any of `effects` in any of `functions`, by one of `kinds`. */
type Selector = {
  /** Names of functions; default all. */
  readonly functions?: readonly string[];
  /** Names of effects, `*` for any ending; default all. */
  readonly effects?: readonly string[];
  readonly kinds?: readonly Kind[];
};

/** One row of `reference/reliability.md` §5. */
export type Point = {
  readonly what: string;
  readonly required: string;
  readonly cells?: readonly Selector[];
  /** Cells that are no single request; names of `scenarios.ts`. */
  readonly scenarios?: readonly string[];
};

const PULLS = ['pullTrades', 'pullAdOrders'];
const TICKED = [...PULLS, 'pullLeads', 'enqueueDues', 'pullMessages'];
const CONSUMERS = ['enrichOrders', 'storeAdOrders', 'enrichLeads'];
const PAGES = ['fetch.total', 'fetch.trades', 'fetch.adOrders'];
const SAVES = ['stream.place', 'stream.advance', 'stream.finish'];
const WRITES = [
  'trade.write',
  'facets.write',
  'lead.write',
  'adLine.put',
  'item.put',
  'lead.summaries',
  'due.put',
];
const LOST = ['replyLost', 'wentAway'] as const;
const KILLS = ['killBefore', 'killAfter'] as const;

/** The crash matrix: what goes wrong where, what must come of it, and which cells show it. */
export const POINTS: Readonly<Record<string, Point>> = {
  C1: {
    what: 'tick delivered twice, late, or missing',
    required: 'the second run skips on the held lease; the next tick catches up',
    cells: [{ functions: TICKED, kinds: ['double', 'zombie'] }],
  },
  C2: {
    what: 'after the lease was taken, before anything else',
    required: 'the lease ends; the next holder has a higher fence',
    cells: [{ effects: ['stream.acquire'], kinds: ['killAfter', 'freeze'] }],
  },
  C3: {
    what: 'lease taken, reply lost',
    required: 'read back by owner: held, or skipped',
    cells: [{ effects: ['stream.acquire'], kinds: LOST }],
  },
  C4: {
    what: 'window computed, not stored',
    required: 'computed again from the watermark',
    cells: [{ functions: PULLS, effects: ['fetch.total', 'fetch.adOrders'], kinds: KILLS }],
  },
  C5: {
    what: 'window stored, no page read',
    required: 'the same window goes on',
    cells: [{ effects: ['stream.begin', 'stream.place'], kinds: ['killAfter'] }],
  },
  C6: {
    what: 'while a page is fetched',
    required: 'fetched again within the budget, else the cursor stays',
    cells: [
      { functions: PULLS, effects: PAGES, kinds: ['error', 'truncated', 'throttled', 'replyLost', 'freeze'] },
    ],
  },
  C7: {
    what: 'page fetched, not sent',
    required: 'fetched again; no double',
    cells: [
      { functions: PULLS, effects: PAGES, kinds: ['killAfter'] },
      { functions: PULLS, effects: ['send.*'], kinds: ['killBefore'] },
    ],
  },
  C8: {
    what: 'between two batches of one page',
    required: 'the page is sent again whole',
    cells: [{ effects: ['send.*'], kinds: KILLS }],
  },
  C9: {
    what: 'batch sent, reply lost',
    required: 'sent again',
    cells: [{ effects: ['send.*'], kinds: LOST }],
  },
  C10: {
    what: 'batch taken in part',
    required: 'the rest is sent again; else the cursor stays',
    cells: [{ effects: ['send.*'], kinds: ['partial', 'partialLasting'] }],
  },
  C11: {
    what: 'page sent, cursor refused or not written',
    required: 'stop at once; the new holder goes on',
    cells: [{ effects: SAVES, kinds: ['stolen', 'error', 'killBefore', 'throttled'] }],
  },
  C12: {
    what: 'cursor written, reply lost',
    required: 'read back; no page skipped',
    cells: [{ effects: ['stream.place', 'stream.begin'], kinds: LOST }],
  },
  C13: {
    what: 'last page done, count grew',
    required: 'the window again',
    scenarios: ['countGrew', 'pagesShift'],
  },
  C14: {
    what: 'before the watermark moves',
    required: 'at most the last page again',
    cells: [{ effects: ['stream.advance'], kinds: ['killBefore', 'freeze'] }],
  },
  C15: {
    what: 'watermark moved, reply lost',
    required: 'read back: done',
    cells: [{ effects: ['stream.advance', 'stream.finish'], kinds: LOST }],
  },
  C16: {
    what: 'a zombie anywhere between fetch and watermark',
    required: 'its messages are harmless, its state writes refused',
    cells: [{ effects: ['fetch.*', 'send.*', 'stream.*'], kinds: ['zombie'] }],
  },
  C17: {
    what: 'the lease is not given back',
    required: 'it ends by itself',
    cells: [{ effects: ['stream.release'], kinds: ['killBefore', 'error', 'wentAway', 'freeze'] }],
  },
  C18: {
    what: 'session expired in the middle',
    required: 'halts, then goes on',
    scenarios: ['sessionExpires'],
  },
  C19: {
    what: 'state deleted, corrupt, or from the future',
    required: 'refused, never repaired by guessing',
    scenarios: ['stateFromFuture', 'stateCorrupt', 'stateOfNewerVersion'],
  },
  C20: {
    what: 'a consumer before it has done anything',
    required: 'the messages come back',
    cells: [
      {
        functions: CONSUMERS,
        effects: ['halt.list', 'parked.scan', 'trade.write', 'adLine.put'],
        kinds: KILLS,
      },
    ],
  },
  C21: {
    what: 'after k of n records',
    required: 'done ones are known, the others come back',
    cells: [{ functions: CONSUMERS, kinds: KILLS }],
  },
  C22: {
    what: 'rate token taken, call not made',
    required: 'the token is lost, never used twice',
    cells: [
      { effects: ['fetch.*'], kinds: ['killBefore'] },
      { effects: ['budget.*'], kinds: ['killAfter', 'replyLost', 'wentAway', 'error'] },
    ],
  },
  C23: {
    what: 'reply of an enrichment lost',
    required: 'asked again',
    cells: [{ effects: ['fetch.car', 'fetch.items', 'fetch.lead'], kinds: [...LOST, 'truncated'] }],
  },
  C24: {
    what: '"not found" for a known id',
    required: 'asked again later, nothing deleted',
    scenarios: ['notFound'],
  },
  C25: {
    what: 'key service away or throttled',
    required: 'the item fails, nothing is written in clear',
    cells: [{ effects: ['key.*'], kinds: ['error', 'throttled', 'wentAway', 'replyLost'] }],
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

function matches(text: string, patterns: readonly string[] | undefined): boolean {
  return (
    patterns === undefined ||
    patterns.some((pattern) =>
      pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern,
    )
  );
}

/** The function that a step calls. */
export function functionOf(step: string): string {
  const [, name = step] = step.split('.');
  return name.startsWith('push') ? 'receiveWebhook' : name;
}

/** Points that a cell belongs to, e.g. `['C9', 'C26']`. */
export function pointsOf(cell: Pick<Cell, 'step' | 'effect' | 'kind'>): string[] {
  const fits = ({ functions, effects, kinds }: Selector): boolean =>
    matches(functionOf(cell.step), functions) &&
    matches(cell.effect, effects) &&
    (kinds === undefined || kinds.includes(cell.kind));
  return Object.entries(POINTS)
    .filter(([, { cells = [] }]) => cells.some(fits))
    .map(([id]) => id);
}
