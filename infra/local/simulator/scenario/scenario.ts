import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import { explain, quirksSchema } from '../quirks.ts';
import { isTimeText } from './times.ts';

const text = z.string('must be text').min(1, 'must not be empty');
const time = text.refine(isTimeText, 'must be a time with offset, or a distance like -21d, +10m, +30s');
const count = z.int('must be a whole number').min(0, 'must be from 0');

const trade = z.strictObject({
  shop: text,
  orderId: z
    .string('must be text: quote it, it has more digits than a number holds')
    .regex(/^\d{1,18}$|^[1-8]\d{18}$/, 'must be up to 19 digits'),
  type: z
    .enum(['step', 'nopaid', 'pre_auth_type', 'fixed', 'guarantee_trade', 'auto_delivery'])
    .default('step'),
  car: z.boolean('must be true or false').default(true),
  /** From the start of the world. */
  created: time,
  /** Distances are from the trade's creation. */
  events: z
    .array(
      z.strictObject({
        kind: z.enum([
          'depositPaid',
          'paid',
          'shipped',
          'flagged',
          'finished',
          'closedUnpaid',
          'refundAsked',
          'refundRefused',
          'refunded',
        ]),
        at: time,
      }),
    )
    .default([]),
  /** Told from then on; distances are from the trade's creation. */
  lead: z
    .strictObject({ no: z.string().regex(/^\d{1,19}$/, 'must be up to 19 digits'), visible: time })
    .optional(),
  /** Whether an ad brought the order: a line at each of its statuses. */
  ad: z.boolean('must be true or false').default(false),
});
export type ScenarioTrade = z.infer<typeof trade>;

const quirkStep = z
  .strictObject({ at: time, set: quirksSchema.optional(), clear: z.literal(true).optional() })
  .refine(({ set, clear }) => set !== undefined || clear !== undefined, 'needs set or clear');

/** What a scenario file holds; see docs/scenarios.md. */
const scenarioSchema = z
  .strictObject({
    /** Decides everything that the file leaves open. */
    seed: text.default('scenario'),
    /** ISO with offset; the moment that distances count from. Default: when the simulator starts. */
    start: z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time with offset' }).optional(),
    shops: z.array(z.strictObject({ sellerNick: text, session: text })).min(1, 'must name a shop'),
    trades: z.array(trade).default([]),
    /** Invented trades of the 90 days before the start, and after it. */
    inventedTrades: count.default(0),
    growthPerMinute: z.number('must be a number').min(0, 'must be from 0').default(0),
    quirks: z.array(quirkStep).default([]),
  })
  .superRefine(({ shops, trades }, context) => {
    const ids = new Set<string>();
    for (const [index, { shop, orderId }] of trades.entries()) {
      if (!shops.some(({ sellerNick }) => sellerNick === shop)) {
        context.addIssue({ code: 'custom', path: ['trades', index, 'shop'], message: 'is none of shops' });
      }
      if (ids.has(orderId)) {
        context.addIssue({ code: 'custom', path: ['trades', index, 'orderId'], message: 'is there twice' });
      }
      ids.add(orderId);
    }
  });
export type Scenario = z.infer<typeof scenarioSchema>;

/** A scenario file, YAML or JSON. Throws an Error of one line that names the file and the place in it. */
export function readScenario(file: string): Scenario {
  let document: unknown;
  try {
    document = parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const [line = ''] = String(error instanceof Error ? error.message : error).split('\n');
    throw new Error(`${file}: ${line}`, { cause: error });
  }
  const read = scenarioSchema.safeParse(document);
  if (!read.success) throw new Error(`${file}: ${explain(read.error, 'the scenario')}`);
  return read.data;
}
