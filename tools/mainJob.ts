import { spawn } from 'node:child_process';
import { isDeepStrictEqual } from 'node:util';
import { summaryDocument } from '../lib/domain/summaryDocument.ts';
import { truthBehind } from '../test/bench/truthBehind.ts';

/*
 * `npm run mainjob`: runs the real `npm start -s -- --once --memory --json` and compares its summary with the
 * simulator's own truth, computed afresh from the world's seed and anchor. Exits 0 only if they agree.
 */

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
const summary = summaryDocument.parse(JSON.parse(stdout));
const { counts: expected } = await truthBehind(summary);

const found = {
  orders: summary.tables.orders,
  cars: summary.facets.cars,
  notCars: summary.facets.notCars,
  leads: summary.tables.leads,
  adOrders: summary.tables.adOrders,
  items: summary.tables.items,
};
process.stderr.write(`truth ${JSON.stringify(expected)}\nfound ${JSON.stringify(found)}\n`);
const agree = isDeepStrictEqual(expected, found) && expected.orders > 0;
process.stderr.write(agree ? 'the main job and the truth agree\n' : 'the main job and the truth DIFFER\n');
process.exitCode = agree ? 0 : 1;
