import Table from 'cli-table3';
import type { SummaryDocument } from '../../lib/domain/summaryDocument.ts';

/** The summary for a person: a few small tables and plain words. */
export function printSummary(summary: SummaryDocument): string {
  const { tables, facets, parked, dues } = summary;
  const counts = tableOf(['written', 'count']);
  counts.push(
    ['orders', tables.orders],
    ['  with car order', facets.cars],
    ['  no car order', facets.notCars],
    ['  with lead', facets.ordersWithLead],
    ['leads', tables.leads],
    ['ad lines', tables.adOrders],
    ['items', tables.items],
    ['parked in quarantine', parked.count],
    ['checks due later', dues.later],
  );
  const calls = tableOf(['TOP method', 'calls', 'ok', 'retried', 'banned', 'failed']);
  for (const { method, ...count } of summary.calls) {
    calls.push([method, count.calls, count.ok, count.retried, count.banned, count.failed]);
  }
  const lines = [
    `carferry ${summary.version}, ${summary.gateway} gateway, ${summary.shops.length} shops`,
    `created from ${summary.from} to ${summary.to}`,
    counts.toString(),
    ...(summary.calls.length > 0 ? [calls.toString()] : []),
    ...parked.reasons.map(({ reason, count }) => `parked: ${count} × ${reason}`),
    ...summary.incomplete.map(
      ({ stream, reason, until }) =>
        `unfinished: ${stream}: ${reason}${until === null ? '' : `, until ${until}`}`,
    ),
    ...summary.advice,
    summary.ok ? 'Everything adds up.' : 'Not everything adds up.',
  ];
  return `${lines.join('\n')}\n`;
}

function tableOf(head: string[]) {
  return new Table({ head, style: { head: [], border: [], compact: true } });
}
