import type { Clock } from '../../core/clock.ts';
import { toIso } from '../../domain/chinaTime.ts';
import { defineStep } from '../defineStep.ts';
import type { DuesStore } from '../stores.ts';

/**
 * Orders the lead check: once its due is durable the step is paid, and `pullLeads` asks TOP. A changed trade
 * starts the checks over.
 */
export const lead = defineStep<{ readonly dues: DuesStore; readonly clock: Clock }>({
  name: 'lead',
  onFailure: 'fail',
  run: async ({ order }, { dues, clock }) => {
    const { orderId, shop } = order;
    const now = toIso(clock.now());
    await dues.put({ orderId, reason: 'leadCheck', dueAt: now, firstDueAt: now, shop, attempts: 0 });
    return {};
  },
});
