import type { SummaryDocument } from '../../lib/domain/summaryDocument.ts';

const AGAIN = 'run again, it goes on from there';
const SESSION =
  'A session does not work: let the seller authorise the app again and set the new session in CARFERRY_SHOPS.';
const PERMISSION = 'The app lacks a permission: apply for the API package in the open platform console.';
const GATEWAY = `The platform did not answer well (see the failed calls): ${AGAIN}.`;
const DATABASE = `A table or queue could not be reached: check disk space and memory, then ${AGAIN}.`;

const STATE =
  'The stored state of a stream cannot be trusted: check clock and version of whoever wrote it, then npm run -s carferry -- streams set-watermark STREAM TIME.';
const DUES =
  'A row of dues cannot be read: npm run -s carferry -- dues list tells which, dues repair notes its work anew.';

/** What a person can do about each reason that leaves something unfinished. */
const ADVICE: Readonly<Record<string, string>> = {
  limit: `The time limit came first: ${AGAIN}, or raise --limit.`,
  interrupted: `The run was interrupted: ${AGAIN}.`,
  more: `Some streams are not at their end: ${AGAIN}.`,
  held: 'Another process still works on a stream: let it end, then run again.',
  'lease-lost': 'Another process took a stream over: let one process at a time use these tables.',
  'invalid-session': SESSION,
  'missing-session': SESSION,
  'session-expired': SESSION,
  'insufficient-permission': PERMISSION,
  'missing-permission': PERMISSION,
  'open-window': `A window did not add up after several walks: ${AGAIN}; it stays open until it does.`,
  'messages-waiting': `Messages still wait in a queue: ${AGAIN}.`,
  'dead-letters':
    'Messages failed again and again and lie in a dead-letter queue: look at the failed calls first, then npm run -s carferry -- quarantine redrive --dead-letters.',
  'steps-owed': `Some orders are not fully enriched: ${AGAIN}; show ORDER_ID tells what an order owes.`,
  owed: `Some steps were put off (a ban, or a session): ${AGAIN} after the time named.`,
  leadCheck: `Some orders have not had their first lead check: ${AGAIN} after the time named.`,
  'due-unreadable': DUES,
  'due-foreign-version': DUES,
  'state-unreadable': STATE,
  'state-foreign-version': STATE,
  'watermark-in-future': STATE,
  throttled: 'TOP has banned calls for a while: run again after the time named, or lower CARFERRY_RATE.',
  'invalid-timestamp': 'TOP finds this clock wrong: set the clock of this machine.',
  'platform-unavailable': GATEWAY,
  'unreadable-reply': GATEWAY,
  'empty-reply': GATEWAY,
  'foreign-reply': GATEWAY,
  'store-unavailable': DATABASE,
  'queue-unavailable': DATABASE,
  'request-refused': 'TOP refuses a request as it is made: report it with the method and the reason.',
};

/** Plain words on what to do, one for each different reason; nothing when nothing is to be done. */
export function adviceFor(incomplete: SummaryDocument['incomplete'], parked: number): string[] {
  const advice = new Set<string>();
  for (const { reason } of incomplete) {
    advice.add(ADVICE[reason] ?? `Something ended with "${reason}": ${AGAIN}; if it stays, report it.`);
  }
  if (parked > 0) {
    const records = parked === 1 ? '1 record lies' : `${parked} records lie`;
    advice.add(`${records} in quarantine; npm run -s carferry -- quarantine list names field and reason.`);
  }
  return [...advice];
}
