import * as z from 'zod';

const rate = z.number('must be a number').min(0, 'must be from 0 to 1').max(1, 'must be from 0 to 1');
const positive = z.number('must be a number').positive('must be above 0');
const count = z.int('must be a whole number').positive('must be above 0');
const text = z.string('must be text').min(1, 'must not be empty');
const everyRows = z.strictObject({ everyRows: positive, seconds: positive });
const brokenRow = z.strictObject({ method: text, field: text, everyRows: positive });
const ban = z.strictObject({ method: text.optional(), seconds: positive, everyCalls: count.optional() });
export type BanRule = z.infer<typeof ban>;

function oneOrMore<Rule extends z.ZodType>(rule: Rule) {
  return z.preprocess((given) => (Array.isArray(given) ? given : [given]), z.array(rule));
}

/**
 * Faults on demand. Rates are probabilities per call, drawn from the seed and a counter; "about every n-th row" is
 * decided by the row's id, so that a repeated walk meets the same ones.
 */
export const quirksSchema = z.strictObject({
  /** Begins now, or at every n-th call (of `method`, else of all); one such rule or a list of them. */
  ban: oneOrMore(ban).optional(),
  /** Calls of one method and clock second beyond which it is banned for a second; default 2,000. */
  callsPerSecond: count.optional(),
  serverErrorRate: rate.optional(),
  htmlRate: rate.optional(),
  truncateRate: rate.optional(),
  hangRate: rate.optional(),
  /** The connection dies: half of the times before the reply, else in the middle of its body. */
  resetRate: rate.optional(),
  /** The reply that an earlier, different call of the same method got. */
  foreignReply: z.strictObject({ rate, method: text.optional() }).optional(),
  /** The body comes in pieces of `bytes`, one every `everyMs`. */
  drip: z.strictObject({ rate, bytes: count, everyMs: positive }).optional(),
  delayMs: z.number('must be a number').min(0, 'must be from 0').optional(),
  gzip: z.enum(['always', 'never'], 'must be always or never').optional(),
  /** Shapes that otherwise vary with the request. */
  shape: z
    .strictObject({
      lists: z.enum(['wrapped', 'flat']).optional(),
      root: z.enum(['kept', 'removed']).optional(),
      empty: z.enum(['absent', 'object', 'array', 'null']).optional(),
      /** `text`: numbers and booleans in quotes; `digits`: texts of digits without; `vary`: by request. */
      scalars: z.enum(['typed', 'text', 'digits', 'vary']).optional(),
    })
    .optional(),
  unknownFieldRate: rate.optional(),
  /** Seller whose session has expired. */
  expiredSession: text.optional(),
  /** Sessions that replace the first ones, by seller; the old ones have expired. */
  renewedSessions: z.record(text, text).optional(),
  /** About every n-th row of a method has an impossible field (a name, or a path like `a.b`); one such rule or a list of them. */
  brokenRow: oneOrMore(brokenRow).optional(),
  /** About every n-th trade becomes listable only so long after its creation. */
  lateRows: everyRows.optional(),
  /** The newest `rows` of each listed window appear one by one, another after every n-th call. */
  shiftingTotals: z.strictObject({ rows: count, everyCalls: count }).optional(),
  /** The first so many pages of each listed window come from a list that has moved on by another row. */
  shiftingPages: z.strictObject({ times: count }).optional(),
  /** Every page begins with the last row of the page before it; totals count it once. */
  overlappingPages: z.boolean('must be true or false').optional(),
  /** Every n-th listing shows its rows as they were so long ago. */
  staleRows: z.strictObject({ everyCalls: count, seconds: positive }).optional(),
  /** About every n-th ad line is listed only so long after its time. */
  lateAds: everyRows.optional(),
  /** About every n-th ad line states other amounts and another creative so long after its time. */
  restatedAds: everyRows.optional(),
  /** A lead is told only at this check of its order. */
  lateLeads: z.strictObject({ checks: count }).optional(),
  /** Item ids the item API does not know. */
  absentItems: z.array(z.coerce.string(), 'must be a list of ids').optional(),
  /** Items that a reply leaves out although they are known. */
  missingItemRate: rate.optional(),
});
export type Quirks = z.infer<typeof quirksSchema>;

/** Reads a quirk document; answers the first thing wrong with it as text that begins with its path. */
export function readQuirks(document: unknown): Quirks | string {
  const read = quirksSchema.safeParse(document);
  return read.success ? read.data : explain(read.error, 'quirks');
}

/** The first fault of a document: its path and what is wrong there. */
export function explain({ issues }: z.ZodError, whole: string): string {
  const [issue] = issues;
  if (issue === undefined) return `${whole} is unreadable`;
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const [key = ''] = issue.keys;
    return `${path === '' ? key : `${path}.${key}`} is unknown`;
  }
  const isMissing = issue.code === 'invalid_type' && issue.message.includes('received undefined');
  return `${path === '' ? whole : path} ${isMissing ? 'is missing' : issue.message}`;
}
