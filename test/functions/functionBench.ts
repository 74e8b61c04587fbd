import { startTestEngines, type TableId, type TestEngines } from '../support/engines.ts';

/** Environment variable and table of every table a consumer may use. */
const TABLES = {
  ORDERS_TABLE: 'OrdersTable',
  AD_ORDERS_TABLE: 'AdOrdersTable',
  LEADS_TABLE: 'LeadsTable',
  ITEMS_TABLE: 'ItemsTable',
  DUES_TABLE: 'DuesTable',
  SHOPS_TABLE: 'ShopsTable',
  QUARANTINE_TABLE: 'QuarantineTable',
  BUDGETS_TABLE: 'BudgetsTable',
  KEYS_TABLE: 'KeysTable',
} as const satisfies Record<string, TableId>;

export type FunctionBench = {
  readonly engines: TestEngines;
  /** Everything a function reads, real tables and queues included. */
  readonly environment: Record<string, string>;
  close(): Promise<void>;
};

/** The embedded engines and the environment a deployed function would see. */
export async function startFunctionBench(gatewayUrl = 'http://127.0.0.1:1/'): Promise<FunctionBench> {
  const engines = await startTestEngines();
  const endpoint = await engines.dynamoDb.config.endpoint?.();
  const environment: Record<string, string> = {
    AWS_REGION: 'cn-north-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: `http://${endpoint?.hostname}:${endpoint?.port}`,
    CARFERRY_SHOPS: '[{"sellerNick":"测试旗舰店","session":"session-1"}]',
    CARFERRY_DATA_KEY: Buffer.alloc(32, 7).toString('base64'),
    CARFERRY_RATE: '1000',
    CARFERRY_RATES: '{}',
    CARFERRY_PROCESSES: '12',
    TOP_GATEWAY_URL: gatewayUrl,
    QIMEN_GATEWAY_URL: gatewayUrl,
    TOP_APP_KEY: '12345678',
    TOP_APP_SECRET: 'not-a-secret',
    QIMEN_TARGET_APP_KEY: '87654321',
    LOG_LEVEL: 'silent',
  };
  for (const [variable, id] of Object.entries(TABLES)) environment[variable] = await engines.createTable(id);
  const queues = { ORDERS_QUEUE_URL: 'orders', AD_ORDERS_QUEUE_URL: 'adOrders', LEADS_QUEUE_URL: 'leads' };
  for (const [variable, name] of Object.entries(queues))
    environment[variable] = await engines.createQueue(name);
  environment['AWS_ENDPOINT_URL_SQS'] = new URL(environment['ORDERS_QUEUE_URL'] ?? '').origin;
  return { engines, environment, close: () => engines.close() };
}
