import { CONSUMERS, KILLS, LOST, type Point, PULLS, TICKED } from './point.ts';

const PAGES = ['fetch.total', 'fetch.trades', 'fetch.adOrders'];
const SAVES = ['stream.place', 'stream.advance', 'stream.finish'];

/** Rows C1 to C23: pulls and the beginning of the consumers. */
export const PULL_POINTS: Readonly<Record<string, Point>> = {
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
};
