import { parseLossless } from '../../lib/top/losslessJson.ts';
import { type Figure, type Measurement, spread } from './figure.ts';
import { inPairs, perSecond } from './pairs.ts';

const IDS = 2_000;
const BYTES = 300_000;
const PAIRS = 15;
const PARSES = 40;

const figure: Figure = {
  name: 'long-ids',
  what: 'lossless JSON against JSON.parse, which loses digits',
  inputs: 'reply of 300 KB with 2,000 unquoted ids of 19 digits',
  goal: { atLeast: 0.45 },
  shown: { digits: 2, unit: 'x' },
};

/** A listing as TOP words it: Chinese text, amounts and times in quotes, ids as bare numbers. */
export function replyWithLongIds(): string {
  const row = (index: number): string => {
    const id = 4_277_659_395_456_225_432n + BigInt(index) * 1_000_003n;
    return `{"tid":${id},"status":"WAIT_SELLER_SEND_GOODS","title":"测试整车订单","created":"2026-11-20 12:00:00","num":1,"payment":"379600.00"}`;
  };
  const rows = Array.from({ length: IDS }, (_, index) => row(index));
  const head = '{"trades_response":{"trades":{"trade":[';
  const text = `${head}${rows.join(',')}]},"memo":"`;
  return `${text}${'x'.repeat(Math.max(0, BYTES - Buffer.byteLength(text) - 4))}"}}`;
}

function rate(parse: (text: string) => unknown, text: string): number {
  const before = process.cpuUsage();
  for (let count = 0; count < PARSES; count += 1) parse(text);
  return perSecond(PARSES, before);
}

export const longIds: Measurement = {
  figures: [figure],
  measure: async (_wanted, say) => {
    say(`${figure.name} …`);
    const text = replyWithLongIds();
    const pairing = await inPairs(
      () => rate(parseLossless, text),
      () => rate(JSON.parse, text),
      PAIRS,
    );
    const detail = `${spread(pairing.ratios)}; ${Math.round(pairing.ours)} against ${Math.round(pairing.theirs)} a CPU second`;
    return new Map([[figure.name, { value: pairing.ratio, detail }]]);
  },
};
