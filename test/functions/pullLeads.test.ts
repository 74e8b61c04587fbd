import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handler } from '../../functions/pullLeads.ts';
import { toIso } from '../../lib/domain/chinaTime.ts';
import { aliautoLeadInfoGet } from '../../lib/top/apis/aliautoLeadInfoGet.ts';
import { lambdaContext } from '../lambda/lambdaContext.ts';
import { type PullFunctionBench, startPullFunctionBench } from './pullFunctionBench.ts';

const SHOP = '测试旗舰店';
const WITH_LEAD = '4277659395456225432';
const WITHOUT_LEAD = '4277659395456225433';

describe('the function pullLeads', () => {
  let bench: PullFunctionBench;
  beforeAll(async () => {
    bench = await startPullFunctionBench({
      [aliautoLeadInfoGet.method]: (form) => {
        const orderId = /\d{19}/.exec(form.get('lead_top_query') ?? '')?.[0];
        if (orderId !== WITH_LEAD) return { result_success: false, msg_code: 'LEAD_NOT_EXIST' };
        const data = { lead_no: 'L1', gmt_create: 1742880859000, lead_num: '13900000001' };
        return { result_success: true, msg_code: '200', data };
      },
    });
    const dueAt = toIso(Date.now() - 1000);
    for (const orderId of [WITH_LEAD, WITHOUT_LEAD]) {
      await bench.dues.put({ orderId, reason: 'leadCheck', shop: SHOP, dueAt, attempts: 0 });
    }
  });
  afterAll(() => bench.close());

  it('sends the lead, sealed, and "no lead", ends the one check and keeps the other for later', async () => {
    const report = await handler({}, lambdaContext());

    const messages = await bench.messagesIn('LEADS_QUEUE_URL');
    expect(report).toMatchObject({ checked: 2, found: 1, none: 1, failed: 0, halted: [], more: false });
    expect(messages.map(({ kind }) => kind).toSorted()).toEqual(['lead', 'noLead']);
    expect(JSON.stringify(messages)).not.toContain('13900000001');
    expect(await bench.dues.count(Date.now())).toMatchObject({ due: 0, later: 1 });
    expect(bench.gateway.forms.map((form) => form.get('session'))).toEqual(['session-1', 'session-1']);
  });
});
