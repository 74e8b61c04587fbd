import { readFileSync } from 'node:fs';
import type * as z from 'zod';
import { aliautoLeadInfoGet } from '../../../lib/top/apis/aliautoLeadInfoGet.ts';
import { aliautoTradeCarOrderGet } from '../../../lib/top/apis/aliautoTradeCarOrderGet.ts';
import { crmTradeShape, crmTradesInfoCreate } from '../../../lib/top/apis/crmTradesInfoCreate.ts';
import { tbkItemInfoUpgradeGet, tbkItemShape } from '../../../lib/top/apis/tbkItemInfoUpgradeGet.ts';
import { udOrderDetailShape, udSmartOrderDetailPull } from '../../../lib/top/apis/udSmartOrderDetailPull.ts';
import type { TopApiDefinition } from '../../../lib/top/defineTopApi.ts';
import { parseLossless } from '../../../lib/top/losslessJson.ts';

/** The five APIs with the shapes of those lists whose rows are read one by one. */
export const DOCUMENTS: readonly {
  readonly api: TopApiDefinition;
  readonly rows: Readonly<Record<string, z.ZodRawShape>>;
}[] = [
  { api: crmTradesInfoCreate, rows: { trades: crmTradeShape } },
  { api: udSmartOrderDetailPull, rows: { result: udOrderDetailShape } },
  { api: aliautoLeadInfoGet, rows: {} },
  { api: aliautoTradeCarOrderGet, rows: {} },
  { api: tbkItemInfoUpgradeGet, rows: { results: tbkItemShape } },
];

export function readFixture(path: string): string {
  return readFileSync(new URL(`../../fixtures/${path}`, import.meta.url), 'utf8');
}

/** The published sample reply of a method, its root included, repaired only where it is not valid. */
export function sampleReply(method: string): Record<string, unknown> {
  const reply = parseLossless(readFixture(`replies/${method}.json`));
  if (!isRecord(reply)) throw new Error('the fixture is not an object');
  return reply;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
