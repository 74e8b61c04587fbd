import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleFunctions, functionNames } from '../../tools/bundle.ts';

/** Notes every connection that is begun, name looked up and program started, then tells what keeps the process awake. */
const WATCH = `
  import dns from 'node:dns';
  import net from 'node:net';
  const begun = [];
  net.Socket.prototype.connect = () => { begun.push('connection'); throw new Error('no network at import'); };
  dns.lookup = () => { begun.push('lookup'); throw new Error('no network at import'); };
  const { handler } = await import(process.argv[1]);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const awake = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout' && !/Pipe|TTY|File/.test(name));
  process.stdout.write(JSON.stringify({ handler: typeof handler, begun, awake }));
`;

describe('loading the bundle of', () => {
  const folder = mkdtempSync(join(tmpdir(), 'carferry-import-'));
  beforeAll(async () => {
    await bundleFunctions(folder);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(functionNames())(
    '%s needs no environment and asks nobody: no network, no KMS, no secrets',
    (name) => {
      const file = pathToFileURL(join(folder, name, 'index.mjs')).href;

      const { stdout, stderr, status } = spawnSync(
        process.execPath,
        ['--input-type=module', '--eval', WATCH, file],
        { encoding: 'utf8', env: { AWS_LAMBDA_FUNCTION_NAME: `carferry-dev-${name}` } },
      );

      expect([status, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toEqual({ handler: 'function', begun: [], awake: [] });
    },
  );

  it('is watched by something that sees a connection', () => {
    const { stderr, status } = spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        WATCH,
        `data:text/javascript,import net from 'node:net'; net.connect(9); export const handler = () => {}`,
      ],
      { encoding: 'utf8', env: {} },
    );

    expect(status).toBe(1);
    expect(stderr).toContain('no network at import');
  });
});
