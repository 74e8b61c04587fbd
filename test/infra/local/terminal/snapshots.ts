import type { LiveSnapshot, LiveStream } from '../../../../infra/local/live/snapshot.ts';

const AT = '2026-11-22T15:00:00+08:00';

export const stream: LiveStream = {
  ...{ stream: 'trades#测试汽车旗舰店#live', source: 'trades', shop: '测试汽车旗舰店', lane: 'live' },
  ...{ state: 'walking', reason: null, until: null, windows: 3, pages: 4, rows: 321, enqueued: 321 },
  ...{ parked: 0, openWindows: 0, watermark: AT, lagMs: 3_600_000, share: 0.46 },
};

/** A run in full swing, as the screen and the page get it. */
export const snapshot: LiveSnapshot = {
  ...{ version: '0.1.0', mode: 'once', gateway: 'simulator', startedAt: AT, at: AT, elapsedMs: 12_000 },
  streams: [stream, { ...stream, stream: 'adOrders#1#live', source: 'adOrders', shop: null, rows: 7 }],
  queues: ['orders', 'ad-orders', 'leads'].map((noun) => {
    return { name: `carferry-local-${noun}`, waiting: 12, inHand: 10, dead: 0, oldestMs: 1_500 };
  }),
  calls: [
    'alibaba.taobao.ud.smart.order.detail.pull',
    'qimen.taobao.crm.trades.info.create',
    'taobao.tbk.item.info.upgrade.get',
    'tmall.aliauto.lead.info.get',
    'tmall.aliauto.trade.car.order.get',
  ].map((method) => {
    const counts = { calls: 12_345, ok: 12_345, retried: 0, failed: 0, banned: 0 };
    return { method, ...counts, perSecond: 4.75, bannedUntil: null };
  }),
  tables: { orders: 401, leads: 211, adOrders: 465, items: 38 },
  tablesCounted: true,
  leadChecks: { found: 100, none: 50 },
  quarantine: 0,
  dues: { due: 0, later: 213, nextDueAt: null },
  halts: [],
  estimate: { share: 0.46, leftMs: 14_000 },
  drain: { leftMs: 14_000, by: 'last-minutes' },
  shops: [
    { shop: '测试汽车旗舰店', green: 88, red: [], unproven: 2, daysLeft: 200 },
    {
      shop: '测试乙店',
      green: 40,
      red: [{ day: '2026-11-20', reason: 'missing' }],
      unproven: 0,
      daysLeft: 12,
    },
  ],
  limits: { 'tmall.aliauto.lead.info.get': 5 },
  series: { stepMs: 10_000, orders: [1], calls: [5], bans: [0], lag: {} },
  recent: [],
  notes: [],
};
