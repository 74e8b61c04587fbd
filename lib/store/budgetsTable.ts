import { type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { createPlaceholders, type Placeholders } from './expression.ts';
import { fromItem, type Item, toItem } from './items.ts';
import { isConditionFailed, toStoreError } from './storeErrors.ts';
import { collect, createTableCommands } from './tableCommands.ts';

/** One line of time on which calls of an (app key, method) take their places; times are epoch ms, 0: none yet. */
export type BudgetRow = {
  /** Where the next free slot begins. */
  readonly nextSlotAt: number;
  /** No call before; of the platform's last ban. */
  readonly blockedUntil: number;
};

/** A row as an operator wants to see it. */
export type BudgetStatus = BudgetRow & {
  readonly appKey: string;
  /** A TOP method, or `*`: bans of the whole app. */
  readonly method: string;
  /** Limit that the last writer was configured with. */
  readonly callsPerSecond: number | undefined;
  /** Calls reserved since the row was made; the difference of two looks is the allowance in use. */
  readonly taken: number;
};

/** Part of the line that is wanted. */
export type SlotRequest = {
  readonly slots: number;
  /** Length of all of them, ms. */
  readonly spanMs: number;
  readonly callsPerSecond: number;
  /** The caller's clock. */
  readonly now: number;
};

export type Reserved = {
  readonly outcome: 'reserved' | 'refused';
  /** As it is now: after the reservation, or what stood in its way. */
  readonly row: BudgetRow;
};

/** Rows nobody used for so long are deleted; longer than any ban. */
const KEPT_FOR_SECONDS = 7 * 86_400;

/**
 * Table `budgets`: one row per (app key, method) and one per (app key, `*`), shared by all processes. A reservation
 * whose reply is lost took its slots all the same: they stay unused, nobody gets them twice.
 */
export function createBudgetsTable(client: DynamoDBClient, tableName: string) {
  const commands = createTableCommands(client, tableName);

  async function reserve(
    key: { readonly appKey: string; readonly method: string },
    request: SlotRequest,
    write: (placeholders: Placeholders) => { set?: string; add?: string; condition: string },
    signal: AbortSignal | undefined,
  ): Promise<Reserved> {
    const placeholders = createPlaceholders();
    const { name, value } = placeholders;
    const { set, add, condition } = write(placeholders);
    const kept = `${name('expiresAt')} = ${value(Math.ceil(request.now / 1000) + KEPT_FOR_SECONDS)}`;
    const rate = `${name('callsPerSecond')} = ${value(request.callsPerSecond)}`;
    const sets = [kept, rate, ...(set === undefined ? [] : [set])].join(', ');
    const adds = [`${name('taken')} ${value(request.slots)}`, ...(add === undefined ? [] : [add])].join(', ');
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: toItem(key),
      UpdateExpression: `SET ${sets} ADD ${adds}`,
      ConditionExpression: condition,
      ...placeholders.parts(),
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      const reply = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
      return { outcome: 'reserved', row: toRow(reply.Attributes) };
    } catch (thrown) {
      if (!isConditionFailed(thrown)) throw toStoreError(thrown, tableName);
      // An engine may leave the old item out of the refusal; then it is read.
      return { outcome: 'refused', row: toRow(thrown.Item ?? (await commands.read(key))) };
    }
  }

  return {
    /** Takes the next slots of a line in use: its next one must begin within [`from`, `latest`]. */
    extend(
      key: { readonly appKey: string; readonly method: string },
      request: SlotRequest & { readonly from: number; readonly latest: number },
      signal?: AbortSignal,
    ): Promise<Reserved> {
      return reserve(
        key,
        request,
        ({ name, value }) => ({
          add: `${name('nextSlotAt')} ${value(request.spanMs)}`,
          condition: `${name('nextSlotAt')} BETWEEN ${value(request.from)} AND ${value(request.latest)}`,
        }),
        signal,
      );
    },

    /** Takes slots from `from` on, of a line whose next slot was free before `idleSince`, or is `wrong`. */
    restart(
      key: { readonly appKey: string; readonly method: string },
      request: SlotRequest & {
        readonly from: number;
        readonly idleSince: number;
        /** A next slot that no honest clock can have written. */
        readonly wrong?: number | undefined;
      },
      signal?: AbortSignal,
    ): Promise<Reserved> {
      return reserve(
        key,
        request,
        ({ name, value }) => {
          const next = name('nextSlotAt');
          const conditions = [`attribute_not_exists(${next})`, `${next} < ${value(request.idleSince)}`];
          if (request.wrong !== undefined) conditions.push(`${next} = ${value(request.wrong)}`);
          return {
            set: `${next} = ${value(request.from + request.spanMs)}`,
            condition: conditions.join(' OR '),
          };
        },
        signal,
      );
    },

    /** A row (consistent). */
    async read(appKey: string, method: string): Promise<BudgetRow> {
      return toRow(await commands.read({ appKey, method }));
    },

    /** Blocks a method, or with `*` the app, until then; never shortens a ban. */
    async ban(appKey: string, method: string, until: number): Promise<void> {
      await commands.update({
        key: { appKey, method },
        condition: ({ name, value }) =>
          `attribute_not_exists(${name('blockedUntil')}) OR ${name('blockedUntil')} < ${value(until)}`,
        isOurs: (stored) => toRow(stored).blockedUntil >= until,
        changes: { set: { blockedUntil: until, expiresAt: Math.ceil(until / 1000) + KEPT_FOR_SECONDS } },
      });
    },

    /** Every row, by app key and method; for `carferry status`. */
    async list(): Promise<BudgetStatus[]> {
      const rows = await collect(commands.scan(), toStatus);
      return rows.sort((a, b) => (`${a.appKey} ${a.method}` < `${b.appKey} ${b.method}` ? -1 : 1));
    },
  };
}

export type BudgetsTable = ReturnType<typeof createBudgetsTable>;

function toRow(item: Item | undefined): BudgetRow {
  return {
    nextSlotAt: Number(item?.['nextSlotAt']?.N ?? 0),
    blockedUntil: Number(item?.['blockedUntil']?.N ?? 0),
  };
}

function toStatus(item: Item): BudgetStatus {
  const { appKey, method, callsPerSecond, taken = 0 } = fromItem(item);
  return { ...toRow(item), appKey, method, callsPerSecond, taken };
}
