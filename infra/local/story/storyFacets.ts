import type { OrderRecord } from '../../../lib/domain/order.ts';

/** One part of an order: what it says in few words, and which version of it is stored. */
export type StoryFacet = { readonly name: string; readonly state: string; readonly version: string };

const NOT_YET = 'not there yet';

/** The five facets of an order in the order they are made. Pure. */
export function facetsOf(order: OrderRecord): StoryFacet[] {
  const { trade, car, items, lead } = order;
  const rev = (value: number | undefined): string => (value === undefined ? '' : `rev ${value}`);
  return [
    {
      name: 'trade',
      state:
        trade === undefined ? NOT_YET : words(trade.status ?? trade.statusCode, trade.type, trade.stepStatus),
      version: order.tradeModifiedAt === undefined ? '' : `modified ${order.tradeModifiedAt}`,
    },
    { name: 'car', state: carState(car), version: rev(order.carRev) },
    { name: 'items', state: itemsState(items), version: rev(order.itemsRev) },
    {
      name: 'attribution',
      state: attributionState(order),
      version: rev(order.attributionRev),
    },
    {
      name: 'lead',
      state:
        lead === undefined ? NOT_YET : lead === null ? 'no lead so far' : words(lead.leadId, lead.statusCode),
      version: rev(order.leadRev),
    },
  ];
}

function carState(car: OrderRecord['car']): string {
  if (car === undefined) return NOT_YET;
  if (car === null) return 'not a car order';
  const refund = car.refundStatus === 'none' ? undefined : car.refundStatus && `refund ${car.refundStatus}`;
  return words(car.payStatus, refund) || 'there';
}

function itemsState(items: OrderRecord['items']): string {
  if (items === undefined) return NOT_YET;
  const known = Object.values(items);
  const missing = known.filter((item) => item.missing === true).length;
  return words(`${known.length} known`, missing > 0 ? `${missing} unknown to the platform` : undefined);
}

/** An order without ad lines has no such facet. */
function attributionState({ attribution, owes }: OrderRecord): string {
  if (attribution === undefined) return owes.includes('attribution') ? NOT_YET : 'no ad line';
  const { lines, channel, statuses } = attribution;
  if (lines === 0) return 'no ad line';
  return words(`${lines} ad line${lines === 1 ? '' : 's'}`, channel, statuses.join(' '));
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(', ');
}
