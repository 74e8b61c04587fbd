import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rateInMs, readTemplate } from '../../../infra/local/template.ts';

const wiring = readTemplate();

describe('the template as the local run reads it', () => {
  it('names every function with a module that exists', () => {
    const names = wiring.functions.map(({ name }) => name);

    expect(names).toEqual([
      'pullTrades',
      'pullAdOrders',
      'pullLeads',
      'pullMessages',
      'enqueueDues',
      'enrichOrders',
      'storeAdOrders',
      'enrichLeads',
      'receiveWebhook',
    ]);
    expect(wiring.functions.filter(({ module }) => !existsSync(module)).map(({ module }) => module)).toEqual(
      [],
    );
  });

  it('gives tables by name and queues by reference in the environment', () => {
    const environment = wiring.functions.find(({ name }) => name === 'pullTrades')?.environment;

    expect(environment?.['ORDERS_TABLE']).toBe('carferry-local-orders');
    expect(environment?.['ORDERS_QUEUE_URL']).toEqual({ queue: 'carferry-local-orders' });
    expect(environment?.['SETTLE_SECONDS']).toBe('120');
  });

  it('gives every queue event its batch, window and concurrency', () => {
    expect(wiring.sources).toEqual([
      {
        function: 'enrichOrders',
        queue: 'carferry-local-orders',
        batchSize: 10,
        windowMs: 1000,
        maximumConcurrency: 5,
      },
      {
        function: 'storeAdOrders',
        queue: 'carferry-local-ad-orders',
        batchSize: 10,
        windowMs: 1000,
        maximumConcurrency: 5,
      },
      {
        function: 'enrichLeads',
        queue: 'carferry-local-leads',
        batchSize: 10,
        windowMs: 0,
        maximumConcurrency: 5,
      },
    ]);
  });

  it('gives routes and schedules with their inputs', () => {
    expect(wiring.routes).toEqual([
      { method: 'GET', path: '/health', function: 'receiveWebhook' },
      { method: 'POST', path: '/qimen', function: 'receiveWebhook' },
    ]);
    expect(wiring.schedules).toContainEqual({
      name: 'carferry-local-pull-trades-fortnight',
      function: 'pullTrades',
      everyMs: 6 * 3_600_000,
      input: { lane: 'fortnight' },
    });
    expect(wiring.schedules).toHaveLength(11);
  });

  it.each([
    ['rate(1 minute)', 60_000],
    ['rate(15 minutes)', 900_000],
    ['rate(6 hours)', 21_600_000],
    ['rate(1 day)', 86_400_000],
  ])('reads %s as %d ms', (expression, ms) => {
    expect(rateInMs(expression)).toBe(ms);
  });

  it.each(['cron(0 * * * ? *)', 'rate(5 weeks)', ''])('refuses the expression "%s"', (expression) => {
    expect(() => rateInMs(expression)).toThrow('unknown');
  });
});
