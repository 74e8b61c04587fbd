import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Bundle, bundleEntry, bundleFunctions } from '../../tools/bundle.ts';
import type { Figure, Measurement } from './figure.ts';
import { inPairs } from './pairs.ts';

const PAIRS = 15;

const figures = {
  asShipped: {
    name: 'import-time',
    what: 'loading a function against loading only the SDK clients and the undici that it uses; the slowest',
    inputs: 'nine bundles, each in a fresh process; clients and undici bundled as npm ships them',
    goal: { atMost: 1.2 },
    shown: { digits: 2, unit: 'x' },
  },
  trimmed: {
    name: 'import-time-trimmed',
    what: 'the same against clients and undici without the parts that no function reaches; the slowest',
    inputs: 'the same, the libraries cut like those of the functions',
    goal: { atMost: 1.5 },
    shown: { digits: 2, unit: 'x' },
  },
} as const satisfies Record<string, Figure>;

const run = promisify(execFile);

/** Processor seconds that a fresh process needs to load a module. */
async function loadSeconds(file: string): Promise<number> {
  const program = `
    const before = process.cpuUsage();
    await import(${JSON.stringify(pathToFileURL(file).href)});
    const { user, system } = process.cpuUsage(before);
    process.stdout.write(String((user + system) / 1e6));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]);
  return Number(stdout);
}

/** A module of nothing but the clients, with the commands, and the pool that a function's bundle holds. */
function clientsOf({ sources }: Bundle): string {
  const lines = ['client-dynamodb', 'client-sqs', 'client-kms', 'client-secrets-manager'].flatMap(
    (client) => {
      const folder = `/@aws-sdk/${client}/`;
      const own = sources.filter((path) => path.includes(folder));
      const names = own.flatMap(
        (path) => /\/(?:commands\/(\w+Command)|(\w+Client))\.js$/.exec(path)?.slice(1) ?? [],
      );
      const exported = names.filter((name) => name !== undefined && name !== 'DescribeEndpointsCommand');
      return exported.length === 0 ? [] : [`export { ${exported.join(', ')} } from '@aws-sdk/${client}';`];
    },
  );
  const usesPool = sources.some((path) => path.includes('/undici/'));
  return [...lines, ...(usesPool ? ["export { Pool } from 'undici';"] : [])].join('\n');
}

export const importTime: Measurement = {
  figures: Object.values(figures),
  measure: async (wanted, say) => {
    const folder = mkdtempSync(join(tmpdir(), 'carferry-import-'));
    try {
      const bundles = await bundleFunctions(join(folder, 'functions'));
      const results = new Map<string, { value: number; detail: string }>();
      for (const figure of Object.values(figures).filter(({ name }) => wanted.has(name))) {
        const ratios: (readonly [string, number])[] = [];
        for (const bundle of bundles) {
          const clients = join(folder, figure.name, `${bundle.name}.mjs`);
          await bundleEntry({ text: clientsOf(bundle) }, clients, { trimmed: figure === figures.trimmed });
          const own = join(folder, 'functions', bundle.name, 'index.mjs');
          const rateOf = (file: string) => async () => 1 / (await loadSeconds(file));
          const { ratio } = await inPairs(rateOf(clients), rateOf(own), PAIRS);
          say(`${figure.name} ${bundle.name}: ${ratio.toFixed(2)}`);
          ratios.push([bundle.name, ratio]);
        }
        const slowestFirst = ratios.toSorted(([, a], [, b]) => b - a);
        const detail = slowestFirst.map(([name, ratio]) => `${name} ${ratio.toFixed(2)}`).join(', ');
        results.set(figure.name, { value: slowestFirst[0]?.[1] ?? Number.NaN, detail });
      }
      return results;
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
