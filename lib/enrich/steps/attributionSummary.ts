import { withoutAbsent } from '../../domain/absent.ts';
import type { AdLine } from '../../domain/adLine.ts';
import type { AttributionFacet } from '../../domain/attributionFacet.ts';
import { toEpochMs } from '../../domain/chinaTime.ts';
import { AD_LINE_STATUS, wordFor } from '../../domain/statuses.ts';

/** The part of the sort key that names the click: `subOrderId#statusCode#clickIdentity`. */
function clickOf(line: AdLine): string {
  return line.line.split('#').slice(2).join('#');
}

function clickedMs(line: AdLine): number {
  return line.clickAt === undefined ? Number.NEGATIVE_INFINITY : toEpochMs(line.clickAt);
}

function byClick(left: AdLine, right: AdLine): number {
  const [earlier, later] = [clickedMs(left), clickedMs(right)];
  if (earlier !== later) return earlier < later ? -1 : 1;
  return left.line < right.line ? -1 : left.line > right.line ? 1 : 0;
}

function sumOf(lines: readonly AdLine[], amount: (line: AdLine) => number | undefined): number | undefined {
  const amounts = lines.flatMap((line) => amount(line) ?? []);
  return amounts.length === 0 ? undefined : amounts.reduce((sum, fen) => sum + fen, 0);
}

/**
 * Summary of an order's ad lines, the same for every order of the same lines. The last click wins; amounts
 * are its lines' alone, because the same payment appears again under every other click.
 */
export function summariseAttribution(lines: readonly AdLine[]): AttributionFacet {
  const sorted = [...lines].sort(byClick);
  const statusCodes = [...new Set(sorted.map((line) => line.statusCode))].sort((a, b) => a - b);
  const last = sorted.at(-1);
  const winning = last === undefined ? [] : sorted.filter((line) => clickOf(line) === clickOf(last));
  return withoutAbsent({
    lines: lines.length,
    firstClickAt: sorted.find((line) => line.clickAt !== undefined)?.clickAt,
    lastClickAt: last?.clickAt,
    channelId: last?.channelId,
    channel: last?.channel,
    advertiserId: last?.advertiserId,
    campaignId: last?.campaignId,
    adgroupId: last?.adgroupId,
    creativeId: last?.creativeId,
    projectId: last?.projectId,
    promotionId: last?.promotionId,
    prodType: last?.prodType,
    clickAt: last?.clickAt,
    statusCodes,
    statuses: statusCodes.flatMap((code) => wordFor(AD_LINE_STATUS, code) ?? []),
    payFen: sumOf(winning, (line) => (line.statusCode === 2 ? line.payFen : undefined)),
    refundFen: sumOf(winning, (line) => (line.statusCode === 3 ? line.refundFen : undefined)),
  });
}
