import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { readRunning } from '../../infra/local/dataFolder.ts';
import {
  exported,
  run,
  SMALL_WORLD,
  start,
  summaryOf,
  temporaryFolder,
  truthFor,
} from './carferryProcess.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** How each run before the last one is ended. */
const SIGNALS = [
  'SIGKILL',
  'SIGKILL',
  'SIGTERM',
  'SIGKILL',
  'SIGKILL',
  'SIGINT',
  'SIGKILL',
  'SIGKILL',
] as const;

function idsOf(documents: Record<string, unknown>[], ...names: string[]): string[] {
  return documents.map((document) => names.map((name) => document[name]).join(' ')).toSorted();
}

const tradeSchema = z.object({ statusCode: z.string(), modifiedAt: z.string() });

/** Id, shop, status and wall clock of the last change, as the truth tells them. */
function placeOf({ orderId, shop, trade }: Record<string, unknown>): string {
  const { statusCode, modifiedAt } = tradeSchema.parse(trade);
  return `${orderId} ${shop} ${statusCode} ${modifiedAt.slice(0, 19).replace('T', ' ')}`;
}

const LEADS_APPEAR_WITHIN_MS = 15 * 60_000;

function isYoung(to: string) {
  return ({ createdAt }: Record<string, unknown>): boolean =>
    Date.parse(String(createdAt)) > Date.parse(to) - LEADS_APPEAR_WITHIN_MS;
}

describe('SIGKILL, SIGTERM and SIGINT at any moment', () => {
  it('loses nothing and doubles nothing: the next run goes on from there', async () => {
    const args = ['--data', folder.path, '--once', '--json'];
    const moments: number[] = [];
    for (const [kill, signal] of SIGNALS.entries()) {
      const killed = start(args, SMALL_WORLD);
      await expect.poll(killed.stderr, { timeout: 20_000, interval: 20 }).toContain('carferry pulls from');
      moments.push(Math.round(Math.random() * 2500));
      await delay(moments.at(-1));
      // Half of the times the engines die at the same moment, before they can notice.
      const isHard = signal === 'SIGKILL' && kill % 2 === 0;
      const enginePid = isHard ? readRunning(folder.path)?.enginePid : undefined;
      killed.child.kill(signal);
      if (enginePid !== undefined) killIfAlive(enginePid);
      const { code } = await killed.ended;
      // A run that was asked to stop says that it is not done, and how to go on; one may have been done.
      if (signal !== 'SIGKILL') expect([0, 1]).toContain(code);
    }

    const ended = await run(args, SMALL_WORLD);

    const context = `killed after ${moments.join(', ')} ms: ${ended.stderr}`;
    const summary = summaryOf(ended);
    const truth = await truthFor(summary);
    expect([ended.code, summary.incomplete, summary.parked.reasons], context).toEqual([0, [], []]);
    const orders = await exported('orders', folder.path);
    const leads = await exported('leads', folder.path);
    const adOrders = await exported('ad-orders', folder.path);
    expect(orders.map(placeOf).toSorted(), context).toEqual(
      Object.entries(truth.detail)
        .map(([orderId, { shop, status, modified }]) => `${orderId} ${shop} ${status} ${modified}`)
        .toSorted(),
    );
    expect(orders.filter(({ car }) => car !== null && car !== undefined).length).toBe(truth.carOrders);
    // A lead that appeared after an earlier run's check of a young order is asked for again when it is due.
    const young = new Set(orders.filter(isYoung(summary.to)).map(({ orderId }) => orderId));
    const settledLeads = leads.filter(({ orderId }) => !young.has(orderId));
    expect(idsOf(settledLeads, 'orderId', 'leadNo'), context).toEqual(
      Object.entries(truth.detail)
        .flatMap(([orderId, { leadNo }]) =>
          leadNo === null || young.has(orderId) ? [] : [`${orderId} ${leadNo}`],
        )
        .toSorted(),
    );
    expect(settledLeads.length).toBeGreaterThan(10);
    expect(adOrders.length, context).toBe(truth.adLines + truth.otherSellersAdLines);
    expect(orders.filter(({ owes }) => Array.isArray(owes) && owes.length > 0)).toEqual([]);
  }, 300_000);
});

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was quicker.
  }
}
