import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { summaryDocument } from '../../lib/domain/summaryDocument.ts';
import type { Figure, Measurement, Result } from './figure.ts';
import { necessaryCalls } from './necessaryCalls.ts';
import { type Truth, truthBehind } from './truthBehind.ts';

const SMALL = 5_000;
const LARGE = 20_000;
const LIMIT_MINUTES = 60;
const MEGABYTES_MAX = 400;
/** A working set of equal size differs by this much from run to run, depending on when garbage was collected. */
const NOISE = 1.15;

const calls = { digits: 3, unit: 'x' };
const megabytes = { digits: 0, unit: 'MB' };

function figuresOf(trades: number): Figure[] {
  const inputs = `--once over ${trades.toLocaleString('en')} invented trades of 90 days`;
  const name = `once-${trades}`;
  const missing = { digits: 0, unit: '' };
  const what = {
    missing: 'orders, cars, leads, ad lines and items that differ from the truth',
    memory: 'memory of the functions, at its highest',
    calls: 'TOP calls against the necessary ones',
  };
  return [
    { name: `${name}-missing`, what: what.missing, inputs, goal: { atMost: 0 }, shown: missing },
    { name: `${name}-memory`, what: what.memory, inputs, goal: { atMost: MEGABYTES_MAX }, shown: megabytes },
    { name: `${name}-calls`, what: what.calls, inputs, goal: { atMost: 1.05 }, shown: calls },
  ];
}

const growth: Figure = {
  name: 'once-memory-growth',
  what: 'memory of the functions over four times the trades, against that of the smaller run',
  inputs: `${SMALL.toLocaleString('en')} and ${LARGE.toLocaleString('en')} trades`,
  goal: { atMost: NOISE },
  shown: { digits: 2, unit: 'x' },
};

type Summary = z.output<typeof summaryDocument>;

/** `npm start` as a user types it, with nothing kept. */
function runOnce(trades: number, say: (line: string) => void): Promise<Summary> {
  const flags = ['--once', '--memory', '--json', '--limit', String(LIMIT_MINUTES)];
  return new Promise((resolve, reject) => {
    const child = spawn('npm', ['start', '-s', '--', ...flags], {
      cwd: join(import.meta.dirname, '../..'),
      shell: process.platform === 'win32',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, CARFERRY_SIM_TRADES: String(trades), CARFERRY_SIM_SEED: 'bench' },
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    let saidAt = 0;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (performance.now() - saidAt < 15_000) return;
      saidAt = performance.now();
      say(`once-${trades}: ${text.trim().split('\n').at(-1) ?? ''}`);
    });
    child.on('error', reject);
    child.on('close', () => {
      try {
        resolve(summaryDocument.parse(JSON.parse(stdout)));
      } catch (cause) {
        reject(new Error(`the run over ${trades} trades gave no summary`, { cause }));
      }
    });
  });
}

function differences(summary: Summary, truth: Truth): string[] {
  const { tables, facets } = summary;
  const found: Truth['counts'] = {
    orders: tables.orders,
    cars: facets.cars,
    notCars: facets.notCars,
    leads: tables.leads,
    adOrders: tables.adOrders,
    items: tables.items,
  };
  if (isDeepStrictEqual(found, truth.counts) && summary.ok) return [];
  const pairs = Object.entries(found).map(([name, count]) => `${name} ${count}`);
  return [`found ${pairs.join(', ')}; true ${Object.values(truth.counts).join(', ')}; ok ${summary.ok}`];
}

async function measureOnce(trades: number, say: (line: string) => void) {
  say(`once-${trades} …`);
  const summary = await runOnce(trades, say);
  const truth = await truthBehind(summary);
  const wrong = differences(summary, truth);
  const made = summary.calls.reduce((sum, count) => sum + count.calls, 0);
  const necessary = necessaryCalls(summary, truth);
  const seconds = Math.round((Date.parse(summary.finishedAt) - Date.parse(summary.startedAt)) / 1000);
  const took = `${summary.tables.orders} orders in ${seconds} s`;
  const results: [string, Result][] = [
    [`once-${trades}-missing`, { value: wrong.length, detail: wrong[0] ?? `all there; ${took}` }],
    [`once-${trades}-memory`, { value: summary.functionsMemoryMb ?? Number.NaN, detail: took }],
    [`once-${trades}-calls`, { value: made / necessary, detail: `${made} calls, ${necessary} necessary` }],
  ];
  return { results, megabytes: summary.functionsMemoryMb ?? Number.NaN };
}

export const mainJob: Measurement = {
  figures: [...figuresOf(SMALL), ...figuresOf(LARGE), growth],
  measure: async (wanted, say) => {
    const results = new Map<string, Result>();
    const measured: number[] = [];
    for (const trades of [SMALL, LARGE]) {
      const isWanted = [...wanted].some((name) => name.startsWith(`once-${trades}-`) || name === growth.name);
      if (!isWanted) continue;
      const once = await measureOnce(trades, say);
      measured.push(once.megabytes);
      for (const [name, result] of once.results) if (wanted.has(name)) results.set(name, result);
    }
    const [small, large] = measured;
    if (wanted.has(growth.name) && small !== undefined && large !== undefined) {
      results.set(growth.name, { value: large / small, detail: `${small} MB, then ${large} MB` });
    }
    return results;
  },
};
