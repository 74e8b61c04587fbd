import Table from 'cli-table3';

export type Cell = string | number;
type Align = 'left' | 'right';

/** A table with lines, for what stays on the paper. */
export function ruledTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], compact: true },
    colAligns: aligns(rows),
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

const BARE = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};

/**
 * A table without lines, one line a row, never wider than `width`: the first column gives way. Numbers stand right.
 */
export function bareTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { width, paintHead = (text) => text }: { width: number; paintHead?: (text: string) => string },
): string {
  const make = (colWidths: (number | null)[]) => {
    const table = new Table({
      head: head.map(paintHead),
      chars: BARE,
      colWidths,
      colAligns: aligns(rows),
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    });
    for (const row of rows) table.push([...row]);
    return table.toString();
  };
  const natural = make([]);
  const over = Math.max(...natural.split('\n').map(columnsOf)) - width;
  if (over <= 0) return natural;
  const first = Math.max(...[head, ...rows].map((row) => columnsOf(String(row[0] ?? ''))));
  return make([Math.max(8, first - over), ...head.slice(1).map(() => null)]);
}

/** Columns of numbers stand right, also painted or rounded ones. */
function aligns(rows: readonly (readonly Cell[])[]): Align[] {
  const isNumber = (cell: Cell | undefined): boolean => /^[\d.]+$/.test(String(cell).replaceAll(ANSI, ''));
  return (rows[0] ?? []).map((_, column) => (rows.every((row) => isNumber(row[column])) ? 'right' : 'left'));
}

/** Columns that a text takes on a terminal: no colour codes, wide characters count twice. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of segments.segment(text.replaceAll(ANSI, ''))) {
    columns += WIDE.test(segment) ? 2 : 1;
  }
  return columns;
}

/** Cuts a plain text to a number of columns. */
export function cutTo(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = '';
  for (const { segment } of segments.segment(text)) {
    if (columnsOf(kept + segment) > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });
// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with ESC
const ANSI = /\u001b\[[0-9;]*m/g;
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;
