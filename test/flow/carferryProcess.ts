import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startSimulator } from '../../infra/local/simulator/simulator.ts';
import { type SummaryDocument, summaryDocument } from '../../lib/domain/summaryDocument.ts';
import { expectDocument, type SchemaName } from '../support/documentSchemas.ts';

const root = join(import.meta.dirname, '..', '..');

export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};
export type Running = { readonly child: ChildProcess; readonly ended: Promise<Ended>; stderr(): string };

/** A small world, so that a whole run takes seconds. */
export const SMALL_WORLD = { CARFERRY_SIM_TRADES: '60', CARFERRY_SIM_SHOPS: '2' };

/** Starts `npm start` (or, with `program`, another one) without npm, in an environment that holds nothing of ours. */
export function start(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  program = 'infra/local/main.ts',
): Running {
  const child = spawn(process.execPath, [join(root, program), ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended, stderr: () => stderr };
}

export function run(...parameters: Parameters<typeof start>): Promise<Ended> {
  return start(...parameters).ended;
}

const SCHEMAS: Readonly<Record<string, SchemaName>> = {
  orders: 'order',
  leads: 'lead',
  'ad-orders': 'ad-order',
};

/** The lines of `carferry export`, each held to its published schema. */
export async function exported(what: string, folder: string): Promise<Record<string, unknown>[]> {
  const { code, stdout, stderr } = await run(['export', what, '--data', folder], {}, 'infra/cli/main.ts');
  if (code !== 0) throw new Error(`export ended with ${code}: ${stderr}`);
  const documents = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  for (const document of documents) expectDocument(SCHEMAS[what] ?? 'summary', document);
  return documents;
}

/** The summary on stdout, held to its published schema. */
export function summaryOf({ stdout, stderr, code }: Ended): SummaryDocument {
  if (stdout === '') throw new Error(`no summary, exit code ${code}: ${stderr}`);
  const document: unknown = JSON.parse(stdout);
  expectDocument('summary', document);
  return summaryDocument.parse(document);
}

export type Truth = {
  orders: number;
  carOrders: number;
  notCarOrders: number;
  leads: number;
  adLines: number;
  otherSellersAdLines: number;
  items: number;
  detail: Record<
    string,
    {
      shop: string;
      status: string;
      modified: string;
      carPayStatus: number | null;
      leadNo: string | null;
      adLines: number;
    }
  >;
};

/** What a perfect client would hold, computed afresh from the world's seed. */
export async function truthFor(summary: SummaryDocument): Promise<Truth> {
  if (summary.simulator === undefined) throw new Error('this run had no simulator');
  const simulator = await startSimulator(summary.simulator);
  try {
    return await truthOf(simulator.url, summary);
  } finally {
    await simulator.close();
  }
}

async function truthOf(url: string, { from, to }: Pick<SummaryDocument, 'from' | 'to'>): Promise<Truth> {
  await fetch(`${url}/_sim/freeze`, { method: 'POST', body: JSON.stringify({ at: Date.parse(to) }) });
  const query = new URLSearchParams({ from, to, detail: '1' });
  const truth: Truth = JSON.parse(await (await fetch(`${url}/_sim/truth?${query}`)).text());
  return truth;
}

/** A folder that `remove` takes away. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const base = mkdtempSync(join(tmpdir(), 'carferry-flow-'));
  return { path: join(base, 'data'), remove: () => rmSync(base, { recursive: true, force: true }) };
}
