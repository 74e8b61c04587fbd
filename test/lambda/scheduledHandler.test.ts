import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { CarferryError, configurationError } from '../../lib/core/errors.ts';
import { createLog } from '../../lib/lambda/log.ts';
import type { RunContext } from '../../lib/lambda/runContext.ts';
import { scheduledHandler } from '../../lib/lambda/scheduledHandler.ts';
import { captureLines } from './captureLines.ts';
import { lambdaContext } from './lambdaContext.ts';

const input = z.strictObject({ lane: z.enum(['live', 'day']) });

describe('scheduledHandler', () => {
  const lines = captureLines();

  it('gives the run its dependencies, the read input and a report back', async () => {
    const handler = scheduledHandler({
      input,
      start: async () => ({ base: 41 }),
      run: async ({ base }, { lane }) => ({ lane, rows: base + 1 }),
    });

    const report = await handler({ lane: 'day' }, lambdaContext());

    expect(report).toEqual({ lane: 'day', rows: 42 });
    expect(lines.stdout).toMatchObject([
      { event: 'invocation-ended', function: 'testFunction', requestId: 'request-1', outcome: 'ok' },
    ]);
  });

  it('keeps a reserve: 15 s of a long run, at most a quarter of a short one', async () => {
    const handler = scheduledHandler({
      input,
      start: async () => ({}),
      run: async (_deps, _input, { deadline }) => deadline - Date.now(),
    });

    const long = await handler({ lane: 'day' }, lambdaContext(300_000));
    const short = await handler({ lane: 'day' }, lambdaContext(8_000));

    expect(Math.round(long / 1000)).toBe(285);
    expect(Math.round(short / 1000)).toBe(6);
  });

  it('aborts the signal at the deadline', async () => {
    const handler = scheduledHandler({
      input,
      start: async () => ({}),
      run: (_deps, _input, { signal }) =>
        new Promise<string>((resolve) => {
          signal.addEventListener('abort', () => resolve(signal.reason.reason));
        }),
    });

    const reason = await handler({ lane: 'day' }, lambdaContext(40));

    expect(reason).toBe('deadline');
  });

  it.each(['ends', 'fails'])(
    'aborts the signal when the invocation %s, so that nothing acts later',
    async (how) => {
      let seen: RunContext | undefined;
      const handler = scheduledHandler({
        input,
        start: async () => ({}),
        run: async (_deps, _input, context) => {
          seen = context;
          if (how === 'fails') throw new Error('broken');
        },
      });

      await handler({ lane: 'day' }, lambdaContext()).catch(() => undefined);

      expect(seen?.signal.aborted).toBe(true);
      expect(seen?.signal.reason).toMatchObject({ disposition: 'retry', reason: 'invocation-ended' });
    },
  );

  it('refuses an event that does not fit, naming the field and never the value', async () => {
    const handler = scheduledHandler({ input, start: async () => ({}), run: async () => 'never' });

    const failure = handler({ lane: '13900000001' }, lambdaContext());

    await expect(failure).rejects.toMatchObject({ reason: 'malformed-input', field: 'lane' });
    expect(lines.stdout).toMatchObject([{ event: 'invocation-failed', reason: 'malformed-input' }]);
    expect(JSON.stringify(lines.stdout)).not.toContain('13900000001');
  });

  it.each([
    [undefined, 'configuration: TOP_APP_SECRET is missing (npm run -s carferry -- app set-secret)'],
    ['1', 'TOP_APP_SECRET is missing'],
  ])('tells a caller on AWS reason and hint in the message (CARFERRY_LOCAL=%s)', async (local, message) => {
    vi.stubEnv('CARFERRY_LOCAL', local);
    const handler = scheduledHandler({
      input,
      start: async () => ({}),
      run: async () => {
        throw configurationError(
          'TOP_APP_SECRET',
          'TOP_APP_SECRET is missing',
          'npm run -s carferry -- app set-secret',
        );
      },
    });

    const failure = handler({ lane: 'day' }, lambdaContext());

    await expect(failure).rejects.toMatchObject({
      message,
      reason: 'configuration',
      field: 'TOP_APP_SECRET',
    });
    vi.unstubAllEnvs();
  });

  it('classifies what is thrown, and neither logs nor rethrows its cause', async () => {
    const payload = { mobile: '13900000001' };
    const handler = scheduledHandler({
      input,
      start: async () => ({}),
      run: async () => {
        throw new CarferryError({
          disposition: 'park',
          reason: 'unexpected-shape',
          message: 'a field is not as documented',
          field: 'trades[3].created',
          cause: payload,
        });
      },
    });

    const error: unknown = await handler({ lane: 'live' }, lambdaContext()).catch((thrown) => thrown);

    expect(error).toMatchObject({ disposition: 'park', field: 'trades[3].created' });
    expect(error).not.toHaveProperty('cause');
    expect(lines.stdout).toMatchObject([{ disposition: 'park', field: 'trades[3].created' }]);
    expect(JSON.stringify(lines.stdout)).not.toContain('13900000001');
  });

  it('puts the request id of the running invocation on lines of a log built at cold start', async () => {
    const log = createLog('pullTrades');
    const handler = scheduledHandler({
      input,
      start: async () => ({}),
      run: async () => log.info('page-read', { page: 3 }),
    });

    await Promise.all([
      handler({ lane: 'day' }, lambdaContext(60_000, 'request-a')),
      handler({ lane: 'day' }, lambdaContext(60_000, 'request-b')),
    ]);

    const pages = lines.stdout.filter((line) => line['event'] === 'page-read');
    expect(pages.map((line) => line['requestId']).sort()).toEqual(['request-a', 'request-b']);
  });

  it('starts again after a failed cold start', async () => {
    let starts = 0;
    const handler = scheduledHandler({
      input,
      start: async () => {
        starts += 1;
        if (starts === 1) throw new Error('not configured');
        return {};
      },
      run: async () => 'ran',
    });

    await expect(handler({ lane: 'day' }, lambdaContext())).rejects.toMatchObject({ reason: 'unexpected' });
    const second = await handler({ lane: 'day' }, lambdaContext());

    expect(second).toBe('ran');
  });
});
