import { describe, expect, it } from 'vitest';
import { adviceFor } from '../../../infra/local/advice.ts';

const one = (stream: string, reason: string) => adviceFor([{ stream, reason, until: null }], 0)[0] ?? '';

describe('advice', () => {
  it.each([
    ['tmall.aliauto.lead.info.get 测试店', 'invalid-session', /authorize --shop 测试店 .*set-session 测试店/],
    ['trades#测试店#live', 'session-expired', /authorize --shop 测试店/],
    ['tmc *', 'invalid-session', /authorize --shop SHOP/],
    ['trades#测试店#live', 'open-window', /reconcile --shop 测试店 --day DAY/],
    ['adOrders#1#live', 'open-window', /reconcile --shop SHOP --day DAY/],
    ['trades#测试店#live', 'state-unreadable', /streams set-watermark 'trades#测试店#live' TIME/],
    ['adOrders#2#quarter', 'watermark-in-future', /streams set-watermark 'adOrders#2#quarter' TIME/],
    ['dues 4277659395456225432', 'due-unreadable', /dues list .*dues repair/],
    ['carferry-local-orders-dead', 'dead-letters', /quarantine redrive --dead-letters/],
  ])('of %s, %s names the command', (stream, reason, command) => {
    expect(one(stream, reason)).toMatch(command);
  });

  it('of what is parked names how to see it and how to send it again', () => {
    expect(adviceFor([], 2)).toEqual([expect.stringMatching(/2 records lie .*list .*redrive/)]);
  });

  it('fits two lines of a summary, also with a long shop', () => {
    const shop = '测试汽车销售旗舰店';
    const reasons = ['invalid-session', 'open-window', 'state-unreadable', 'dead-letters', 'due-unreadable'];
    const lines = reasons.map((reason) => one(`trades#${shop}#live`, reason));

    for (const line of lines) expect(line.length).toBeLessThan(150);
  });
});
