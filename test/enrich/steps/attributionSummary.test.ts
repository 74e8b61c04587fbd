import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AdLine } from '../../../lib/domain/adLine.ts';
import { attributionFacetSchema } from '../../../lib/domain/attributionFacet.ts';
import { summariseAttribution } from '../../../lib/enrich/steps/attributionSummary.ts';

const EARLY = '2026-11-20T10:00:00+08:00';
const LATE = '2026-11-21T10:00:00+08:00';

function line(subOrderId: string, statusCode: number, click: string, more: Partial<AdLine> = {}): AdLine {
  return {
    orderId: '1',
    line: `${subOrderId}#${statusCode}#${click}`,
    subOrderId,
    shop: '测试店',
    prodType: 1,
    statusCode,
    observedAt: LATE,
    hash: 'h',
    ...more,
  };
}

const early = { clickAt: EARLY, channelId: '105', channel: 'kuaishou', campaignId: '5' };
const late = { clickAt: LATE, channelId: '1', channel: 'ocean-engine-2.0', campaignId: '7', creativeId: '9' };

const lines = [
  line('11', 1, '1.a', early),
  line('11', 2, '1.a', { ...early, payFen: 100 }),
  line('11', 2, '1.b', { ...late, payFen: 100 }),
  line('12', 2, '1.b', { ...late, payFen: 50 }),
  line('12', 3, '1.b', { ...late, refundFen: 20 }),
];

describe('summariseAttribution', () => {
  it('takes the last click and only its own amounts', () => {
    const facet = summariseAttribution(lines);

    expect(facet).toEqual({
      lines: 5,
      firstClickAt: EARLY,
      lastClickAt: LATE,
      clickAt: LATE,
      channelId: '1',
      channel: 'ocean-engine-2.0',
      campaignId: '7',
      creativeId: '9',
      prodType: 1,
      statusCodes: [1, 2, 3],
      statuses: ['placed', 'paid', 'refunded'],
      payFen: 150,
      refundFen: 20,
    });
  });

  it('is the same for every order of the same lines', () => {
    const expected = summariseAttribution(lines);
    fc.assert(
      fc.property(fc.shuffledSubarray(lines, { minLength: lines.length }), (shuffled) => {
        expect(summariseAttribution(shuffled)).toEqual(expected);
      }),
    );
  });

  it('says so when an order has no line', () => {
    expect(summariseAttribution([])).toEqual({ lines: 0, statusCodes: [], statuses: [] });
  });

  it('takes lines without a click time and with unknown statuses', () => {
    const facet = summariseAttribution([line('11', 9, '1.a'), line('11', 1, '1.b', early)]);

    expect(facet).toMatchObject({ lines: 2, clickAt: EARLY, statusCodes: [1, 9], statuses: ['placed'] });
    expect(attributionFacetSchema.safeParse(facet).success).toBe(true);
  });
});
