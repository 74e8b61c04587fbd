import { describe, expect, it } from 'vitest';
import { effectOf, type Service } from './effects.ts';

const table = (noun: string) => `carferry-c7-${noun}`;
const state = { stream: { S: 'trades#测试#live' }, row: { S: 'state' } };
const update = (expression: string, names: Record<string, string>, key: unknown = state) => ({
  TableName: table('streams'),
  Key: key,
  UpdateExpression: expression,
  ExpressionAttributeNames: names,
});

const CASES: readonly (readonly [string, Service, string, unknown])[] = [
  ['stream.read', 'dynamoDb', 'GetItem', { TableName: table('streams'), Key: state }],
  [
    'stream.acquire',
    'dynamoDb',
    'UpdateItem',
    update('SET #fence = :v0, #owner = :v1, #expiresAt = :v2', {
      '#fence': 'fence',
      '#owner': 'owner',
      '#expiresAt': 'expiresAt',
    }),
  ],
  [
    'stream.release',
    'dynamoDb',
    'UpdateItem',
    update('SET #version = :v0 REMOVE #owner, #expiresAt', {
      '#version': 'version',
      '#owner': 'owner',
      '#expiresAt': 'expiresAt',
    }),
  ],
  [
    'stream.advance',
    'dynamoDb',
    'UpdateItem',
    update('SET #watermark = :v0 REMOVE #window', { '#watermark': 'watermark', '#window': 'window' }),
  ],
  ['stream.place', 'dynamoDb', 'UpdateItem', update('SET #window = :v0', { '#window': 'window' })],
  [
    'window.put',
    'dynamoDb',
    'PutItem',
    { TableName: table('streams'), Item: { stream: { S: 'trades#测试#live' }, row: { S: 'window#a#b' } } },
  ],
  [
    'manifest.put',
    'dynamoDb',
    'PutItem',
    { TableName: table('streams'), Item: { stream: { S: 'manifest#测试' }, row: { S: 'day#2026-11-21' } } },
  ],
  [
    'trade.write',
    'dynamoDb',
    'UpdateItem',
    {
      TableName: table('orders'),
      UpdateExpression: 'SET #trade = :v0 ADD #rev :v1',
      ExpressionAttributeNames: { '#trade': 'trade', '#rev': 'rev' },
    },
  ],
  [
    'facets.write',
    'dynamoDb',
    'UpdateItem',
    {
      TableName: table('orders'),
      UpdateExpression: 'SET #car = :v0 ADD #rev :v1',
      ExpressionAttributeNames: { '#car': 'car', '#rev': 'rev' },
    },
  ],
  ['item.read', 'dynamoDb', 'BatchGetItem', { RequestItems: { [table('items')]: { Keys: [] } } }],
  ['key.put', 'dynamoDb', 'PutItem', { TableName: table('keys'), Item: {} }],
  ['due.put', 'dynamoDb', 'UpdateItem', { TableName: table('dues'), UpdateExpression: 'SET #dueAt = :v0' }],
  [
    'due.move',
    'dynamoDb',
    'UpdateItem',
    { TableName: table('dues'), UpdateExpression: 'SET #dueAt = :v0', ConditionExpression: '#dueAt = :v1' },
  ],
  [
    'send.ad-orders',
    'sqs',
    'SendMessageBatch',
    { QueueUrl: `http://127.0.0.1:1/000000000000/${table('ad-orders')}` },
  ],
];

describe('the names of effects', () => {
  it.each(CASES)('%s', (name, service, action, body) => {
    const effect = effectOf(service, { path: '/', target: `Version.${action}`, text: JSON.stringify(body) });

    expect(effect.name).toBe(name);
  });

  it('tells the calls of TOP apart by their method, the question for a total by its one field', () => {
    const method = 'qimen.taobao.crm.trades.info.create';
    const nameOf = (fields: string) =>
      effectOf('top', {
        path: '/router/qm',
        target: '',
        text: new URLSearchParams({ method, fields }).toString(),
      }).name;

    expect([nameOf('tid'), nameOf('tid,status')]).toEqual(['fetch.total', 'fetch.trades']);
  });
});
