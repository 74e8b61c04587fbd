import { tbkItemInfoUpgradeGet } from '../../top/apis/tbkItemInfoUpgradeGet.ts';
import { defineStep } from '../defineStep.ts';
import type { ItemLoader } from '../itemLoader.ts';

/** Facet `items`: what TOP knows of every item of the trade, by the id that the trade names. */
export const items = defineStep<{ readonly itemLoader: ItemLoader }>({
  name: 'items',
  method: tbkItemInfoUpgradeGet.method,
  onFailure: 'leaveGap',
  run: async ({ order, limits }, { itemLoader }) => {
    const { trade } = order;
    const named = [trade?.itemId, ...(trade?.subOrders ?? []).map((subOrder) => subOrder.itemId)];
    const itemIds = [...new Set(named.filter((itemId) => itemId !== undefined))];
    if (itemIds.length === 0) return {};
    const found = await itemLoader.load(itemIds, limits);
    return { items: Object.fromEntries(found) };
  },
});
