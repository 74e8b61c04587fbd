import { setTimeout as delay } from 'node:timers/promises';
import { isRecord, type NodeMap } from '../json.ts';
import { at as elementAt } from '../random.ts';
import { FORGERIES, pushedCall } from './pushedCall.ts';

/** What `POST /_sim/push` asks for. */
export type PushOptions = {
  /** The callee's registered address. */
  url: string;
  /** The callee's app secret. */
  secret: string;
  count: number;
  /** Every n-th call is forged; absent: none. */
  forgedEvery?: number;
  /** Number of the first lead; the same number is the same lead. */
  from?: number;
  concurrency?: number;
  /** Signed parameter `shop`. */
  shop?: string;
  /** Times a call is sent again when it was not answered with 200; default 20. */
  retries?: number;
  /** The console's check: one call with a wrong signature before the others. */
  probe?: boolean;
};

const MOST_CALLS = 20_000;
/** Pause before the first repetition; doubled before each further one. */
const SEND_AGAIN_MS = 150;
const LONGEST_PAUSE_MS = 5_000;

const isCount = (value: unknown, least = 0): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= MOST_CALLS;

/** The options, or what is wrong with them. */
export function readPushOptions(document: unknown): PushOptions | string {
  if (!isRecord(document)) return 'expected a JSON object';
  const { url, secret, count, forgedEvery, from, concurrency, shop, retries, probe } = document;
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) return 'url must be an address';
  if (typeof secret !== 'string' || secret === '') return 'secret must be a text';
  if (!isCount(count)) return `count must be a whole number up to ${MOST_CALLS}`;
  if (forgedEvery !== undefined && !isCount(forgedEvery, 1))
    return 'forgedEvery must be a whole number from 1';
  if (from !== undefined && !isCount(from)) return 'from must be a whole number';
  if (concurrency !== undefined && !isCount(concurrency, 1))
    return 'concurrency must be a whole number from 1';
  if (retries !== undefined && !isCount(retries)) return 'retries must be a whole number';
  if (shop !== undefined && typeof shop !== 'string') return 'shop must be a text';
  if (probe !== undefined && typeof probe !== 'boolean') return 'probe must be true or false';
  return {
    url,
    secret,
    count,
    ...(forgedEvery === undefined ? {} : { forgedEvery }),
    ...(from === undefined ? {} : { from }),
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(retries === undefined ? {} : { retries }),
    ...(shop === undefined ? {} : { shop }),
    ...(probe === undefined ? {} : { probe }),
  };
}

type Answer = 'accepted' | 'refused' | 'unavailable';

async function send(call: { url: string; headers: Record<string, string>; body: string }): Promise<{
  answer: Answer;
  text: string;
}> {
  try {
    const response = await fetch(call.url, { method: 'POST', headers: call.headers, body: call.body });
    const text = await response.text();
    if (response.status !== 200) return { answer: 'unavailable', text };
    const isAccepted = /"success":\s*"?true|<success>true</.test(text);
    return { answer: isAccepted ? 'accepted' : 'refused', text };
  } catch {
    return { answer: 'unavailable', text: '' };
  }
}

/** Calls the callee as the platform would; what is not answered with 200 is signed anew and sent again. */
export async function pushLeads(options: PushOptions, seed: string): Promise<NodeMap> {
  const { url: target, secret, count, forgedEvery, from = 0, concurrency = 10, retries = 20, shop } = options;
  const report = {
    sent: 0,
    valid: 0,
    forged: 0,
    accepted: 0,
    refused: 0,
    forgedAccepted: 0,
    sentAgain: 0,
    unanswered: 0,
  };

  const signed = (n: number, forgery?: (typeof FORGERIES)[number]) =>
    pushedCall({ target, secret, shop, seed, n, now: Date.now(), forgery });

  const pushOne = async (n: number) => {
    const isForged = forgedEvery !== undefined && (n + 1) % forgedEvery === 0;
    const forgery = isForged ? elementAt(FORGERIES, Math.floor(n / (forgedEvery ?? 1))) : undefined;
    report[isForged ? 'forged' : 'valid'] += 1;
    for (let attempt = 0; ; attempt += 1) {
      report.sent += 1;
      const { answer } = await send(signed(n, forgery));
      if (answer === 'accepted') {
        report[isForged ? 'forgedAccepted' : 'accepted'] += 1;
        return;
      }
      if (answer === 'refused') {
        if (!isForged) report.refused += 1;
        return;
      }
      if (attempt === retries) {
        report.unanswered += 1;
        return;
      }
      report.sentAgain += 1;
      await delay(Math.min(LONGEST_PAUSE_MS, SEND_AGAIN_MS * 2 ** attempt) * (0.5 + Math.random()));
    }
  };

  const probe = options.probe === true ? await send(signed(from, 'sign')) : undefined;
  const numbers = Array.from({ length: count }, (_, index) => from + index).values();
  const worker = async () => {
    for (const n of numbers) await pushOne(n);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, count) }, worker));
  return {
    ...report,
    ...(probe === undefined ? {} : { probe: { answer: probe.answer, isAsExpected: isProbeAnswer(probe) } }),
  };
}

/** The console wants a 200 whose body holds the two constants in the scene's own field names. */
function isProbeAnswer({ answer, text }: { answer: Answer; text: string }): boolean {
  return answer === 'refused' && text.includes('sign-check-failure') && text.includes('Illegal request');
}
