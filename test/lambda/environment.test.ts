import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  codesVariable,
  dataKeyVariable,
  logLevelVariable,
  nameVariable,
  queueUrlVariable,
  readEnvironment,
  shopsVariable,
  topEnvironment,
  tradePageSizeVariable,
} from '../../lib/lambda/environment.ts';

const top = {
  TOP_GATEWAY_URL: 'https://gateway.test/router/rest',
  QIMEN_GATEWAY_URL: 'http://127.0.0.1:9000/router/qm',
  TOP_APP_KEY: '12345678',
  TOP_APP_SECRET: 'not-a-secret',
  QIMEN_TARGET_APP_KEY: '87654321',
};
const key = Buffer.alloc(32, 7).toString('base64');
const shops = '[{"sellerNick":"测试旗舰店","session":"session-1","carCids":["50001"]}]';

describe('readEnvironment', () => {
  it('reads every kind of variable, with its default where there is one', () => {
    const schema = z.object({
      ...topEnvironment,
      ORDERS_TABLE: nameVariable,
      ORDERS_QUEUE_URL: queueUrlVariable,
      CARFERRY_SHOPS: shopsVariable,
      CARFERRY_DATA_KEY: dataKeyVariable,
      NOT_FOUND_CODES_CAR: codesVariable('ORDER_NOT_EXIST'),
      TRADE_PAGE_SIZE: tradePageSizeVariable,
      LOG_LEVEL: logLevelVariable,
    });

    const config = readEnvironment(schema, {
      ...top,
      ORDERS_TABLE: 'carferry-test-orders',
      ORDERS_QUEUE_URL: 'http://127.0.0.1:9324/000000000000/orders',
      CARFERRY_SHOPS: shops,
      CARFERRY_DATA_KEY: key,
      NOT_FOUND_CODES_CAR: 'ORDER_NOT_EXIST, NO_SUCH_ORDER',
      TRADE_PAGE_SIZE: '',
      UNRELATED: 'ignored',
    });

    expect(config).toMatchObject({ CARFERRY_RATE: 5, TRADE_PAGE_SIZE: 100, LOG_LEVEL: 'info' });
    expect(config.NOT_FOUND_CODES_CAR).toEqual(new Set(['ORDER_NOT_EXIST', 'NO_SUCH_ORDER']));
    expect(config.CARFERRY_SHOPS).toEqual([
      { sellerNick: '测试旗舰店', session: 'session-1', carCids: ['50001'] },
    ]);
    expect(config.CARFERRY_DATA_KEY).toEqual(new Uint8Array(Buffer.alloc(32, 7)));
  });

  const everything = z.object({
    ...topEnvironment,
    CARFERRY_SHOPS: shopsVariable,
    CARFERRY_DATA_KEY: dataKeyVariable,
    ORDERS_QUEUE_URL: queueUrlVariable,
    LOG_LEVEL: logLevelVariable,
  });
  const good = {
    ...top,
    CARFERRY_SHOPS: shops,
    CARFERRY_DATA_KEY: key,
    ORDERS_QUEUE_URL: 'http://127.0.0.1/q',
  };

  it.each([
    ['TOP_APP_SECRET', undefined, /^TOP_APP_SECRET is missing$/],
    ['TOP_APP_SECRET', '', /^TOP_APP_SECRET is missing$/],
    ['TOP_GATEWAY_URL', 'gateway-13900000001', /^TOP_GATEWAY_URL is malformed/],
    ['TOP_GATEWAY_URL', 'http://gateway-13900000001.test/rest', /https, or http to this machine/],
    ['QIMEN_GATEWAY_URL', 'file:///13900000001', /^QIMEN_GATEWAY_URL is malformed/],
    ['CARFERRY_RATE', '13900000001', /^CARFERRY_RATE is malformed/],
    ['CARFERRY_RATE', '0', /^CARFERRY_RATE is malformed/],
    ['CARFERRY_SHOPS', '{"13900000001', /^CARFERRY_SHOPS is malformed: expected JSON/],
    ['CARFERRY_SHOPS', '[]', /^CARFERRY_SHOPS is malformed/],
    ['CARFERRY_SHOPS', '[{"sellerNick":"13900000001"}]', /^CARFERRY_SHOPS at 0\.session is malformed/],
    [
      'CARFERRY_SHOPS',
      '[{"sellerNick":"a","session":"1"},{"sellerNick":"a","session":"2"}]',
      /every sellerNick once/,
    ],
    ['CARFERRY_DATA_KEY', '13900000001!', /^CARFERRY_DATA_KEY is malformed/],
    ['CARFERRY_DATA_KEY', 'c2hvcnQ=', /32 bytes in base64/],
    ['ORDERS_QUEUE_URL', '13900000001', /^ORDERS_QUEUE_URL is malformed/],
    ['LOG_LEVEL', '13900000001', /^LOG_LEVEL is malformed/],
  ])('names %s when it is %j, without its value', (name, value, message) => {
    const read = () => readEnvironment(everything, { ...good, [name]: value });

    expect(read).toThrow(message);
    expect(read).toThrow(expect.objectContaining({ reason: 'configuration' }));
    expect(read).not.toThrow(/13900000001/);
  });
});
