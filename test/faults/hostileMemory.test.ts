import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  type ChaosAct,
  type ChaosServer,
  chunk,
  flood,
  reply,
  startChaosServer,
} from '../support/chaosServer.ts';
import { CHUNKED } from './hostileReplies.ts';

const run = promisify(execFile);
const main = join(import.meta.dirname, 'hostileMemoryMain.ts');
const outputSchema = z.object({ grownMb: z.number(), reasons: z.array(z.string()) });
/** A GiB of blanks in a MiB: gzip lets members follow each other. */
function bomb(): Buffer {
  const member = gzipSync(Buffer.alloc(16 * 1024 * 1024, 0x20));
  return Buffer.concat(Array.from({ length: 60 }, () => member));
}

const CASES: readonly [name: string, act: () => ChaosAct, reason: string][] = [
  ['gzip bombs of a GiB', () => reply(bomb(), { 'content-encoding': 'gzip' }), 'reply-too-large'],
  ['chunks without end', () => flood(CHUNKED, chunk(Buffer.alloc(65_536, 0x20))), 'reply-too-large'],
  ['lists half a million deep', () => reply('['.repeat(500_000) + ']'.repeat(500_000)), 'unreadable-reply'],
];

describe('the memory of a process that is sent', () => {
  let server: ChaosServer;
  beforeAll(async () => {
    server = await startChaosServer();
  });
  afterAll(() => server.close());

  it.each(CASES)('%s stays small', async (_name, act, reason) => {
    server.act(act());

    const { stdout } = await run(process.execPath, ['--max-old-space-size=64', main, server.url, '3'], {
      timeout: 120_000,
    });

    const { grownMb, reasons } = outputSchema.parse(JSON.parse(stdout));
    // 5 calls at a time, each with at most 1 MiB before and after inflating; a true flood would be gigabytes.
    expect(grownMb).toBeLessThan(96);
    expect(reasons).toEqual([reason]);
  });
});
