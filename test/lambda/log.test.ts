import { describe, expect, it, vi } from 'vitest';
import { createLog } from '../../lib/lambda/log.ts';
import { captureLines } from './captureLines.ts';

describe('createLog', () => {
  const lines = captureLines();

  it('writes one line per event to stdout, with level, time, event and function', () => {
    vi.stubEnv('CARFERRY_LOCAL', '');

    createLog('enrichOrders').warn('step-failed', { orderId: '4277659395456225432', attempts: 2 });

    expect(lines.stdout).toEqual([
      {
        level: 'WARN',
        at: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/),
        event: 'step-failed',
        function: 'enrichOrders',
        orderId: '4277659395456225432',
        attempts: 2,
      },
    ]);
    expect(lines.stderr).toEqual([]);
  });

  it('writes to stderr in the local run, whose stdout belongs to the summary', () => {
    vi.stubEnv('CARFERRY_LOCAL', '1');

    createLog('enrichOrders').info('started');

    expect(lines.stdout).toEqual([]);
    expect(lines.stderr).toMatchObject([{ level: 'INFO', event: 'started' }]);
  });

  it('drops keys that are not on the list', () => {
    const sneaked: Record<string, string> = { phone: '13900000001', shop: '测试旗舰店' };

    createLog('enrichOrders').error('failed', sneaked);

    expect(lines.stdout).toHaveLength(1);
    expect(JSON.stringify(lines.stdout)).not.toContain('13900000001');
    expect(lines.stdout[0]).toHaveProperty('shop');
  });

  it.each([
    ['silent', []],
    ['SILENT', []],
    ['error', ['c']],
    ['Warn', ['b', 'c']],
    ['info', ['a', 'b', 'c']],
  ])('with LOG_LEVEL %s writes only what reaches the level', (level, expected) => {
    vi.stubEnv('LOG_LEVEL', level);

    const log = createLog('enrichOrders');
    log.info('a');
    log.warn('b');
    log.error('c');

    expect(lines.stdout.map((line) => line['event'])).toEqual(expected);
  });
});
