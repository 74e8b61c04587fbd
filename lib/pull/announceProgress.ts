import { publishStreamProgress } from '../core/telemetry.ts';
import { toEpochMs } from '../domain/chinaTime.ts';
import type { RunLimits } from './pullInput.ts';
import type { StreamPlan } from './streamPlan.ts';
import type { Ending, Tally } from './streamReport.ts';

/** Tells whoever watches this process how far a stream is; free when nobody does. */
export function announceProgress(
  plan: StreamPlan,
  place: { readonly from: number; readonly to: number; readonly watermark: string | number | undefined },
  { limits, tally }: { readonly limits: RunLimits; readonly tally: Tally },
  ending?: Ending,
): void {
  publishStreamProgress(() => {
    const { stream, source, shop, lane } = plan;
    const { from, to, watermark = from } = place;
    return {
      stream,
      source,
      ...(shop !== undefined && { shop }),
      lane,
      run: limits.requestId,
      from,
      to,
      watermark: typeof watermark === 'number' ? watermark : toEpochMs(watermark),
      ...tally,
      state: ending?.state ?? 'walking',
      ...(ending?.reason !== undefined && { reason: ending.reason }),
      ...(ending?.until !== undefined && { until: ending.until }),
    };
  });
}
