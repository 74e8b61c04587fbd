import { createHash } from 'node:crypto';
import { verifyQimenSignature } from '../../lib/webhook/verifyQimenSignature.ts';
import { SECRET, signedCall } from '../webhook/signedCall.ts';
import { type Figure, type Measurement, spread } from './figure.ts';
import { inPairs, perSecond } from './pairs.ts';

const BYTES = 20_000;
const PAIRS = 15;
const CALLS = 4_000;

const figure: Figure = {
  name: 'webhook-check',
  what: 'verifying a pushed call, as a multiple of one MD5 and one JSON.parse of it',
  inputs: 'signed call with 20 KB of JSON',
  goal: { atMost: 3 },
  shown: { digits: 2, unit: 'x' },
};

/** A lead with a long memo, in text as dealers write it. */
function body(): string {
  const lead = { name: '测试甲', mobile: '13900000001', attr: '{"store_id":"S1"}', price_memo: '' };
  const memo = '周末看车, 现款优先; ';
  while (Buffer.byteLength(JSON.stringify(lead)) < BYTES) lead.price_memo += memo;
  return JSON.stringify(lead);
}

function rate(work: () => unknown): number {
  const before = process.cpuUsage();
  for (let count = 0; count < CALLS; count += 1) work();
  return perSecond(CALLS, before);
}

export const webhookCheck: Measurement = {
  figures: [figure],
  measure: async (_wanted, say) => {
    say(`${figure.name} …`);
    const call = signedCall({ body: body() });
    const plain = () => {
      createHash('md5').update(SECRET).update(call.body).update(SECRET).digest('hex');
      return JSON.parse(Buffer.from(call.body).toString('utf8'));
    };
    const check = () => {
      if (!verifyQimenSignature(call).ok) throw new Error('an honest call is refused');
    };
    const pairing = await inPairs(
      () => rate(plain),
      () => rate(check),
      PAIRS,
    );
    const detail = `${spread(pairing.ratios)}; ${Math.round(pairing.theirs)} checks a CPU second`;
    return new Map([[figure.name, { value: pairing.ratio, detail }]]);
  },
};
