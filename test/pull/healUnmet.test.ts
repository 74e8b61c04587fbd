import { describe, expect, it } from 'vitest';
import { silentLog } from '../../lib/core/log.ts';
import { createLocalKeys } from '../../lib/privacy/localKeys.ts';
import { sealRecord } from '../../lib/privacy/sealRecord.ts';
import { createRowParking, type RowParkingDeps } from '../../lib/pull/rowParking.ts';
import type { Parked } from '../../lib/store/quarantineTable.ts';
import { fakeKeyTable } from '../privacy/fakeKeyTable.ts';

const UNREADABLE = { reason: 'unreadable-row', field: 'order_id', hint: undefined };

describe('a row whose id could not be read', () => {
  const NOW = Date.parse('2026-11-20T12:00:00+08:00');
  const listed = { by: 'adOrders#1', from: '2026-11-20T00:00:00+08:00', to: '2026-11-20T06:00:00+08:00' };
  const closed = { by: 'adOrders#1', from: '2026-11-20T00:00:00+08:00', to: '2026-11-21T00:00:00+08:00' };

  async function parkedOnce() {
    const rows = new Map<string, Parked>();
    let now = NOW;
    const quarantine: RowParkingDeps['quarantine'] = {
      park: async ({ seenAt, ...entry }) => {
        rows.set(entry.quarantineId, { ...entry, firstSeenAt: seenAt, lastSeenAt: seenAt, times: 1 });
        return 'written';
      },
      resolve: async (id) => void rows.delete(id),
      async *list() {
        yield* rows.values();
      },
    };
    const keys = createLocalKeys({ masterKey: new Uint8Array(32), table: fakeKeyTable() });
    const seal: RowParkingDeps['seal'] = (record, entity) => sealRecord(record, entity, keys);
    const deps = { quarantine, seal, log: silentLog, clock: { now: () => now } };
    const origin = { quarantineId: 'ads#row#1', shop: '测试旗舰店', raw: { order_id: 'broken' }, listed };
    await createRowParking('ads', deps).park(origin, UNREADABLE);
    return {
      left: () => rows.size,
      /** Of a later run. */
      parking: () => createRowParking('ads', deps),
      later: (ms: number) => {
        now += ms;
      },
      origin,
    };
  }
  const since = '2026-11-20T13:00:00+08:00';

  it('leaves quarantine when a whole walk of its window has not met it again', async () => {
    const { parking, left } = await parkedOnce();

    await parking().healUnmet({ ...closed, since });

    expect(left()).toBe(0);
  });

  it('stays while it is met, or when the walk cannot have met it', async () => {
    const { parking, left, later, origin } = await parkedOnce();

    await parking().healUnmet({ ...closed, since: '2026-11-20T11:00:00+08:00' });
    await parking().healUnmet({ ...closed, by: 'adOrders#2', since });
    await parking().healUnmet({ ...closed, to: '2026-11-20T05:00:00+08:00', since });
    await parking().healUnmet({ ...closed, onlyShop: 'another', since });
    later(7_200_000);
    const run = parking();
    await run.park(origin, UNREADABLE);
    await run.healUnmet({ ...closed, since });

    expect(left()).toBe(1);
  });
});
