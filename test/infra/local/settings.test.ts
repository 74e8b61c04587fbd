import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../infra/local/settings.ts';

const real = {
  TOP_GATEWAY_URL: 'https://gateway.example/router/rest',
  QIMEN_GATEWAY_URL: 'https://gateway.example/router/qm',
  TOP_APP_KEY: '12345678',
  TOP_APP_SECRET: 'invented',
  QIMEN_TARGET_APP_KEY: '87654321',
  CARFERRY_SHOPS: '[{"sellerNick":"测试店","session":"invented-session"}]',
};

function fieldRefused(environment: Record<string, string>): unknown {
  try {
    readSettings(environment);
    return 'accepted';
  } catch (error) {
    return error instanceof Error && 'reason' in error && 'field' in error
      ? [error.reason, error.field]
      : error;
  }
}

describe('the environment of the local run', () => {
  it('chooses the simulator when no gateway is named', () => {
    expect(readSettings({ TOP_APP_KEY: '', PATH: '/bin' }).gateway).toBeUndefined();
  });

  it('takes the real gateway when both URLs are named', () => {
    expect(readSettings(real).gateway).toEqual(real);
  });

  it.each([
    ['one gateway URL only', { TOP_GATEWAY_URL: real.TOP_GATEWAY_URL }, 'QIMEN_GATEWAY_URL'],
    ['the other gateway URL only', { QIMEN_GATEWAY_URL: real.QIMEN_GATEWAY_URL }, 'TOP_GATEWAY_URL'],
    ['a gateway that is no URL', { ...real, TOP_GATEWAY_URL: 'gateway' }, 'TOP_GATEWAY_URL'],
    [
      'a gateway over plain http',
      { ...real, QIMEN_GATEWAY_URL: 'http://gateway.example/' },
      'QIMEN_GATEWAY_URL',
    ],
    ['no app key', { ...real, TOP_APP_KEY: '' }, 'TOP_APP_KEY'],
    ['no app secret', { ...real, TOP_APP_SECRET: '' }, 'TOP_APP_SECRET'],
    ['no target app key', { ...real, QIMEN_TARGET_APP_KEY: '' }, 'QIMEN_TARGET_APP_KEY'],
    ['no shops', { ...real, CARFERRY_SHOPS: '' }, 'CARFERRY_SHOPS'],
    ['shops that are no JSON', { ...real, CARFERRY_SHOPS: '{oops' }, 'CARFERRY_SHOPS'],
    ['an empty list of shops', { ...real, CARFERRY_SHOPS: '[]' }, 'CARFERRY_SHOPS'],
    [
      'a shop without session',
      { ...real, CARFERRY_SHOPS: '[{"sellerNick":"x"}]' },
      'CARFERRY_SHOPS at 0.session',
    ],
    ['a rate that is no number', { CARFERRY_RATE: 'fast' }, 'CARFERRY_RATE'],
    ['a rate of zero', { CARFERRY_RATE: '0' }, 'CARFERRY_RATE'],
    ['a short data key', { CARFERRY_DATA_KEY: 'AAAA' }, 'CARFERRY_DATA_KEY'],
    ['an endpoint that is no URL', { AWS_ENDPOINT_URL_SQS: 'localhost:9324' }, 'AWS_ENDPOINT_URL_SQS'],
    ['trades that are no number', { CARFERRY_SIM_TRADES: 'many' }, 'CARFERRY_SIM_TRADES'],
  ])('refuses %s, naming the variable', (_, environment, field) => {
    expect(fieldRefused(environment)).toEqual(['configuration', field]);
  });

  it('never shows the value of a secret in an error', () => {
    const shops = '[{"sellerNick":"x","session":"very-secret-session","types":"oops"}]';

    expect(() => readSettings({ ...real, CARFERRY_SHOPS: shops })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('very-secret-session') }),
    );
  });
});
