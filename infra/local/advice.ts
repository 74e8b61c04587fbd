import type { SummaryDocument } from '../../lib/domain/summaryDocument.ts';

type Unfinished = SummaryDocument['incomplete'];

const AGAIN = 'run again, it goes on from there';
const CLI = 'npm run -s carferry --';
const PERMISSION = 'The app lacks a permission: apply for the API package in the open platform console.';
const GATEWAY = `The platform did not answer well (see the failed calls): ${AGAIN}.`;
const DATABASE = `A table or queue could not be reached: check disk space and memory, then ${AGAIN}.`;
const DUES = `A row of dues cannot be read: ${CLI} dues list tells which, dues repair notes its work anew.`;

/** What a person can do about each reason that leaves something unfinished. */
const ADVICE: Readonly<Record<string, string | ((streams: readonly string[]) => string)>> = {
  limit: `The time limit came first: ${AGAIN}, or raise --limit.`,
  interrupted: `The run was interrupted: ${AGAIN}.`,
  more: `Some streams are not at their end: ${AGAIN}.`,
  held: 'Another process still works on a stream: let it end, then run again.',
  'lease-lost': 'Another process took a stream over: let one process at a time use these tables.',
  'invalid-session': session,
  'missing-session': session,
  'session-expired': session,
  'insufficient-permission': PERMISSION,
  'missing-permission': PERMISSION,
  'open-window': (streams) =>
    `A window did not add up and stays open: ${AGAIN}, or ${CLI} reconcile --shop ${shopsIn(streams)} --day DAY.`,
  'messages-waiting': `Messages still wait in a queue: ${AGAIN}.`,
  'dead-letters': `Messages failed again and again: see the failed calls, then ${CLI} quarantine redrive --dead-letters.`,
  'steps-owed': `Some orders are not fully enriched: ${AGAIN}; show ORDER_ID tells what an order owes.`,
  owed: `Some steps were put off (a ban, or a session): ${AGAIN} after the time named.`,
  leadCheck: `Some orders have not had their first lead check: ${AGAIN} after the time named.`,
  'due-unreadable': DUES,
  'due-foreign-version': DUES,
  'state-unreadable': state,
  'state-foreign-version': state,
  'state-missing': state,
  'watermark-in-future': state,
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

function session(streams: readonly string[]): string {
  const shop = shopsIn(streams);
  return `A session does not work, let the seller authorise the app again: ${CLI} authorize --shop ${shop} (or shops set-session ${shop}).`;
}

function state(streams: readonly string[]): string {
  const stream = streams.find((one) => one.includes('#')) ?? 'STREAM';
  return `The state of a stream cannot be trusted: check clock and version, then ${CLI} streams set-watermark '${stream}' TIME.`;
}

/** The shop that `trades#SHOP#LANE` or `METHOD SHOP` names; one stands for all, the lines above name each. */
function shopsIn(streams: readonly string[]): string {
  for (const stream of streams) {
    const [source, shop] = stream.includes('#') ? stream.split('#') : ['trades', stream.split(' ')[1]];
    if (source === 'trades' && shop !== undefined && shop !== '*') return shop;
  }
  return 'SHOP';
}

/** Plain words on what to do, one for each different reason; nothing when nothing is to be done. */
export function adviceFor(incomplete: Unfinished, parked: number): string[] {
  const streams = new Map<string, string[]>();
  for (const { reason, stream } of incomplete) streams.set(reason, [...(streams.get(reason) ?? []), stream]);
  const advice = new Set<string>();
  for (const [reason, named] of streams) {
    const known = ADVICE[reason] ?? `Something ended with "${reason}": ${AGAIN}; if it stays, report it.`;
    advice.add(typeof known === 'string' ? known : known(named));
  }
  if (parked > 0) {
    const records = parked === 1 ? '1 record lies' : `${parked} records lie`;
    advice.add(
      `${records} in quarantine: ${CLI} quarantine list names field and reason, quarantine redrive sends them again.`,
    );
  }
  return [...advice];
}
