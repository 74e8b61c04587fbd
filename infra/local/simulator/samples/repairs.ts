import type { Node } from '../json.ts';

export type SampleDocument = 'tradesInfo' | 'carOrder' | 'leadInfo' | 'adOrders' | 'itemInfo';

/** What a repair may depend on: the asked id (an order's or an item's) and the moment the sample trade was created. */
export type RepairContext = { askedId: bigint | string; createdClock: string };

/**
 * One place where a published sample is not a valid answer, and what is served there instead; undefined leaves the
 * member out. Everything else of the samples is served exactly as published.
 */
export type Repair = {
  document: SampleDocument;
  path: readonly string[];
  reason: string;
  served: (context: RepairContext) => Node | undefined;
};

const trade = ['trades', 'trade', '0'] as const;

export const repairs: readonly Repair[] = [
  {
    document: 'tradesInfo',
    path: [...trade, 'service_orders', 'service_order', '0', 'oid'],
    reason: 'declared Number, the sample says "c"',
    served: () => 2231958350,
  },
  {
    document: 'tradesInfo',
    path: [...trade, 'created'],
    reason: 'moved into the period that can be listed (three months)',
    served: ({ createdClock }) => createdClock,
  },
  {
    document: 'tradesInfo',
    path: [...trade, 'modified'],
    reason: 'must not lie before created',
    served: ({ createdClock }) => createdClock,
  },
  {
    document: 'tradesInfo',
    path: ['errcode'],
    reason: 'filler: an error code beside the rows of a success',
    served: () => undefined,
  },
  {
    document: 'tradesInfo',
    path: ['errmsg'],
    reason: 'filler: belongs to the error code',
    served: () => undefined,
  },
  {
    document: 'tradesInfo',
    path: ['total_results'],
    reason: 'filler: 100 beside one row; the server counts',
    served: () => undefined,
  },
  {
    document: 'tradesInfo',
    path: ['has_next'],
    reason: 'filler: stands beside total_results, which excludes it; the server knows',
    served: () => undefined,
  },
  {
    document: 'tradesInfo',
    path: ['page_no'],
    reason: 'echoes the request',
    served: () => undefined,
  },
  {
    document: 'tradesInfo',
    path: ['page_size'],
    reason: 'echoes the request',
    served: () => undefined,
  },
  {
    document: 'carOrder',
    path: ['result', 'data', 'order_id'],
    reason: 'echoes the asked order',
    served: ({ askedId }) => askedId,
  },
  {
    document: 'leadInfo',
    path: ['data', 'order_id'],
    reason: 'echoes the asked order; the sample was rounded through a double',
    served: ({ askedId }) => askedId,
  },
  {
    document: 'itemInfo',
    path: ['results', 'tbk_item_detail', '0', 'input_item_iid'],
    reason: 'echoes the asked item',
    served: ({ askedId }) => askedId,
  },
  {
    document: 'adOrders',
    path: ['result', 'order_detail_cursor_top_d_t_o', '0', 'brand_id'],
    reason: 'declared Number, the sample says xxx without quotes',
    served: () => 9,
  },
  {
    document: 'adOrders',
    path: ['cursor_id'],
    reason: 'belongs to the page that is asked for; the server makes its own',
    served: () => undefined,
  },
];
