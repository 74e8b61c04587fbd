import type { Call } from '../method.ts';

/** A listing that its quirks may disturb: `window` names what is listed, rows stand newest first. */
export type Listing<Row> = { readonly window: string; readonly rows: readonly Row[] };

/** The rows that count at this call: the newest of a window may still be missing. */
export function countedRows<Row>({ quirks, memory }: Call, { window, rows }: Listing<Row>): readonly Row[] {
  const { shiftingTotals } = quirks;
  if (shiftingTotals === undefined || rows.length < 2) return rows;
  const calls = memory.count(`totals/${window}`);
  const missing = Math.min(shiftingTotals.rows, rows.length - 1);
  return rows.slice(Math.max(0, missing - Math.floor(calls / shiftingTotals.everyCalls)));
}

/** The rows of one page, from a list that may have moved on since the page before. */
export function pageOfRows<Row>(
  { quirks, memory }: Call,
  { window, rows }: Listing<Row>,
  { pageNo, pageSize }: { pageNo: number; pageSize: number },
): readonly Row[] {
  const start = (pageNo - 1) * pageSize;
  const { shiftingPages, overlappingPages } = quirks;
  // A count is asked with one row a page; it tells nothing about places.
  if (shiftingPages !== undefined && pageSize > 1) {
    const moved = memory.count(`pages/${window}`);
    if (moved < shiftingPages.times) return rotated(rows, moved).slice(start, start + pageSize);
  }
  const first = overlappingPages === true && start > 0 && start < rows.length ? start - 1 : start;
  return rows.slice(first, start + pageSize);
}

/** As after `by` rows have appeared at the front and as many have gone at the end. */
function rotated<Row>(rows: readonly Row[], by: number): readonly Row[] {
  const cut = rows.length - (by % Math.max(1, rows.length));
  return [...rows.slice(cut), ...rows.slice(0, cut)];
}
