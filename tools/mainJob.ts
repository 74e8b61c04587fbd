import { spawn } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { startSimulator } from '../infra/local/simulator/simulator.ts';

/*
 * `npm run mainjob`: runs the real `npm start -s -- --once --memory --json` and compares its summary with the
 * simulator's own truth, computed afresh from the world's seed and anchor. Exits 0 only if they agree.
 */

const summarySchema = z.looseObject({
  ok: z.boolean(),
  from: z.string(),
  to: z.string(),
  simulator: z.looseObject({ seed: z.string(), anchorAt: z.number(), trades: z.number(), shops: z.number() }),
  tables: z.looseObject({ orders: z.number(), leads: z.number(), adOrders: z.number(), items: z.number() }),
  facets: z.looseObject({ cars: z.number(), notCars: z.number(), ordersWithLead: z.number() }),
});

const truthSchema = z.looseObject({
  orders: z.number(),
  carOrders: z.number(),
  notCarOrders: z.number(),
  leads: z.number(),
  adLines: z.number(),
  otherSellersAdLines: z.number(),
  items: z.number(),
});

function runMainJob(): Promise<{ code: number | null; stdout: string }> {
  return new Promise((resolve, reject) => {
    const npm = spawn('npm', ['start', '-s', '--', '--once', '--memory', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      shell: process.platform === 'win32',
    });
    let stdout = '';
    npm.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    npm.on('error', reject);
    npm.on('close', (code) => resolve({ code, stdout }));
  });
}

const { code, stdout } = await runMainJob();
if (code !== 0) throw new Error(`npm start ended with exit code ${code}`);
const summary = summarySchema.parse(JSON.parse(stdout));

const simulator = await startSimulator({ ...summary.simulator });
await fetch(`${simulator.url}/_sim/freeze`, {
  method: 'POST',
  body: JSON.stringify({ at: Date.parse(summary.to) }),
});
const query = new URLSearchParams({ from: summary.from, to: summary.to });
const truth = truthSchema.parse(await (await fetch(`${simulator.url}/_sim/truth?${query}`)).json());
await simulator.close();

const expected = {
  orders: truth.orders,
  cars: truth.carOrders,
  notCars: truth.notCarOrders,
  leads: truth.leads,
  adOrders: truth.adLines + truth.otherSellersAdLines,
  items: truth.items,
};
const found = {
  orders: summary.tables.orders,
  cars: summary.facets.cars,
  notCars: summary.facets.notCars,
  leads: summary.tables.leads,
  adOrders: summary.tables.adOrders,
  items: summary.tables.items,
};
process.stderr.write(`truth ${JSON.stringify(expected)}\nfound ${JSON.stringify(found)}\n`);
const agree = isDeepStrictEqual(expected, found) && truth.orders > 0;
process.stderr.write(agree ? 'the main job and the truth agree\n' : 'the main job and the truth DIFFER\n');
process.exitCode = agree ? 0 : 1;
