import * as z from 'zod';
import { type StreamReport, streamReportSchema } from '../../lib/domain/summaryDocument.ts';

/* What the scheduled functions answer, as far as the local run reads it. */

/** A documented report with what only the local run reads; anything else is left out. */
const streamReport = z.object({
  ...streamReportSchema.shape,
  hint: z.string().optional(),
  field: z.string().optional(),
  /** Of a halt: `app` says that no call of this app can succeed. */
  scope: z.enum(['session', 'app']).optional(),
});
export type PullReport = z.infer<typeof streamReport>;

/** The part of a report that belongs into the summary. */
export function documentedReport({
  hint: _hint,
  field: _field,
  scope: _scope,
  ...report
}: PullReport): StreamReport {
  return report;
}

export const pullReportSchema = z.looseObject({ streams: z.array(streamReport) });

export const leadsReportSchema = z.looseObject({
  checked: z.number(),
  found: z.number(),
  none: z.number(),
  deferred: z.number(),
  halted: z.array(z.looseObject({ shop: z.string(), reason: z.string() })),
  failed: z.number(),
  more: z.boolean(),
});

export const duesReportSchema = z.looseObject({ enqueued: z.number(), more: z.boolean() });

/** Reports of one stream over several calls: the last one's place, the counts of all. */
export function mergeReports(before: StreamReport | undefined, next: StreamReport): StreamReport {
  if (before === undefined) return next;
  const { reason: _reason, until: _until, ...kept } = before;
  return {
    ...kept,
    ...next,
    from: earlier(before.from, next.from),
    windows: before.windows + next.windows,
    pages: before.pages + next.pages,
    rows: before.rows + next.rows,
    enqueued: before.enqueued + next.enqueued,
    unchanged: before.unchanged + next.unchanged,
    parked: before.parked + next.parked,
  };
}

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a < b ? a : b;
}

/** Reasons that mean the app's credentials are wrong: no call can work, so the run ends as badly configured. */
const APP_REASONS: Readonly<Record<string, string>> = {
  'invalid-signature': 'TOP_APP_SECRET',
  'missing-signature': 'TOP_APP_SECRET',
  'invalid-app-key': 'TOP_APP_KEY',
  'missing-app-key': 'TOP_APP_KEY',
  'invalid-target-app-key': 'QIMEN_TARGET_APP_KEY',
};

/** The variable that a halt of this reason puts in question; undefined when the app itself is fine. */
export function variableBehind(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : APP_REASONS[reason];
}
