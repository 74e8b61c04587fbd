import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { type Bundle, bundleEntry, bundleFunctions } from '../../tools/bundle.ts';
import type { Figure, Measurement } from './figure.ts';
import { inPairs } from './pairs.ts';

const PAIRS = 9;

const figure: Figure = {
  name: 'import-time',
  what: 'loading a function against loading only the SDK clients and the pool that it uses; the slowest',
  inputs: 'nine bundles, each in a fresh process',
  goal: { atMost: 1.2 },
  shown: { digits: 2, unit: 'x' },
};

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

/** The clients as the functions use them: KMS and Secrets Manager are loaded at the first question only. */
function clientsOf({ sources }: Bundle): string {
  const uses = (name: string): boolean => sources.some((path) => path.includes(`/@aws-sdk/${name}/`));
  const later = ['client-kms', 'client-secrets-manager'].filter(uses);
  return `
    export { BatchGetItemCommand, DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand,
      ScanCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
    export { ChangeMessageVisibilityCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
    export { Pool } from 'undici';
    export async function loadKms() {
      ${later.includes('client-kms') ? "const { KMSClient, GenerateDataKeyCommand, DecryptCommand } = await import('@aws-sdk/client-kms'); return [KMSClient, GenerateDataKeyCommand, DecryptCommand];" : ''}
    }
    export async function loadSecrets() {
      ${later.includes('client-secrets-manager') ? "const { SecretsManagerClient, GetSecretValueCommand } = await import('@aws-sdk/client-secrets-manager'); return [SecretsManagerClient, GetSecretValueCommand];" : ''}
    }`;
}

export const importTime: Measurement = {
  figures: [figure],
  measure: async (_wanted, say) => {
    const folder = mkdtempSync(join(tmpdir(), 'carferry-import-'));
    try {
      const bundles = await bundleFunctions(join(folder, 'functions'));
      const ratios: (readonly [string, number])[] = [];
      for (const bundle of bundles) {
        const clients = join(folder, 'clients', `${bundle.name}.mjs`);
        await bundleEntry({ text: clientsOf(bundle) }, clients);
        const own = join(folder, 'functions', bundle.name, 'index.mjs');
        const rateOf = (file: string) => async () => 1 / (await loadSeconds(file));
        const { ratio } = await inPairs(rateOf(clients), rateOf(own), PAIRS);
        say(`${figure.name} ${bundle.name}: ${ratio.toFixed(2)}`);
        ratios.push([bundle.name, ratio]);
      }
      const slowestFirst = ratios.toSorted(([, a], [, b]) => b - a);
      const detail = slowestFirst.map(([name, ratio]) => `${name} ${ratio.toFixed(2)}`).join(', ');
      return new Map([[figure.name, { value: slowestFirst[0]?.[1] ?? Number.NaN, detail }]]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};
