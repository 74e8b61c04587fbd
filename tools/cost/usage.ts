import type { TableWiring } from '../../infra/local/template.ts';
import type { AwsCall } from './recordCalls.ts';

/** What AWS counts; sums of any number of invocations. */
export type Usage = {
  readonly invocations: number;
  /** Milliseconds that would be billed. */
  readonly billedMs: number;
  readonly reads: number;
  readonly writes: number;
  readonly sqs: number;
};

export const NOTHING: Usage = { invocations: 0, billedMs: 0, reads: 0, writes: 0, sqs: 0 };

const FIELDS = ['invocations', 'billedMs', 'reads', 'writes', 'sqs'] as const;

export function sum(usages: readonly Usage[]): Usage {
  return usages.reduce((total, usage) => byField((field) => total[field] + usage[field]), NOTHING);
}

export function times(usage: Usage, factor: number): Usage {
  return byField((field) => usage[field] * factor);
}

function byField(amountOf: (field: (typeof FIELDS)[number]) => number): Usage {
  return {
    invocations: amountOf('invocations'),
    billedMs: amountOf('billedMs'),
    reads: amountOf('reads'),
    writes: amountOf('writes'),
    sqs: amountOf('sqs'),
  };
}

/**
 * What one more of `count` costs, and what is there without any: the line through a small and a large measurement.
 * Where the large one took less, nothing is said of one more.
 */
export function lineThrough(
  small: { readonly usage: Usage; readonly count: number },
  large: { readonly usage: Usage; readonly count: number },
): { readonly each: Usage; readonly fixed: Usage } {
  const more = large.count - small.count;
  const each = byField((field) => Math.max(0, (large.usage[field] - small.usage[field]) / more));
  const fixed = byField((field) => Math.max(0, small.usage[field] - each[field] * small.count));
  return { each, fixed };
}

const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);
const CHUNK_BYTES = 64 * 1024;

/** Makes DynamoDB tell what a command consumed. */
export function askForCapacity({ service, input }: AwsCall): void {
  if (service === 'dynamodb') Reflect.set(input, 'ReturnConsumedCapacity', 'TOTAL');
}

/**
 * What one command consumes. The embedded engine counts tables by AWS's rules, but no writes of indexes: one unit is
 * added for every index that holds more than keys. A refused condition costs what the write would have: one at least.
 */
export function consumed(call: AwsCall, reply: unknown, tables: readonly TableWiring[]): Usage {
  if (call.service === 'sqs') return { ...NOTHING, sqs: Math.max(1, Math.ceil(bytesOf(call) / CHUNK_BYTES)) };
  if (call.service !== 'dynamodb') return NOTHING;
  const units = unitsOf(reply);
  if (!WRITES.has(call.operation)) return { ...NOTHING, reads: units ?? 0.5 };
  const { GlobalSecondaryIndexes = [] } =
    tables.find(({ name }) => name === call.input['TableName'])?.create ?? {};
  const indexes = GlobalSecondaryIndexes.filter(
    ({ Projection }) => Projection?.ProjectionType !== 'KEYS_ONLY',
  );
  return { ...NOTHING, writes: (units ?? 1) + (units === undefined ? 0 : indexes.length) };
}

function unitsOf(reply: unknown): number | undefined {
  if (typeof reply !== 'object' || reply === null) return undefined;
  const told = [Reflect.get(reply, 'ConsumedCapacity')].flat();
  const units = told.map((one: unknown) =>
    typeof one === 'object' && one !== null ? Number(Reflect.get(one, 'CapacityUnits')) : Number.NaN,
  );
  const total = units.reduce((whole, one) => whole + one, 0);
  return Number.isFinite(total) ? total : undefined;
}

function bytesOf({ input }: AwsCall): number {
  return Buffer.byteLength(JSON.stringify(input['Entries'] ?? input));
}
