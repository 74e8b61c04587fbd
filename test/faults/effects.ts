import * as z from 'zod';

/** The servers that carferry's effects go to. */
export type Service = 'dynamoDb' | 'sqs' | 'top';

/** One request of a function, as the fault proxy sees it. */
export type Effect = {
  /** What it does in the words of the crash matrix, e.g. `stream.advance`, `send.orders`, `fetch.trades`. */
  readonly name: string;
  /** JSON body of a request to DynamoDB or SQS; the parameters of a call of TOP. */
  readonly body: Readonly<Record<string, unknown>>;
};

const bodySchema = z.record(z.string(), z.unknown());
const namesSchema = z.record(z.string(), z.string()).catch({});
const keySchema = z.record(z.string(), z.object({ S: z.string() }).loose()).catch({});

/** Attributes of an UpdateItem by clause. */
function changesOf(body: Effect['body']): { set: Set<string>; remove: Set<string>; add: Set<string> } {
  const names = namesSchema.parse(body['ExpressionAttributeNames'] ?? {});
  const text = typeof body['UpdateExpression'] === 'string' ? body['UpdateExpression'] : '';
  const clauses = { set: new Set<string>(), remove: new Set<string>(), add: new Set<string>() };
  for (const [, word = '', rest = ''] of text.matchAll(
    /\b(SET|REMOVE|ADD|DELETE) (.*?)(?= (?:REMOVE|ADD|DELETE) |$)/g,
  )) {
    const clause = word === 'SET' ? clauses.set : word === 'REMOVE' ? clauses.remove : clauses.add;
    // `#name = if_not_exists(#name, …)` names its attribute twice.
    for (const [name = ''] of rest.matchAll(/#\w+/g)) clause.add(names[name] ?? name);
  }
  return clauses;
}

const VERBS: Readonly<Record<string, string>> = {
  GetItem: 'read',
  BatchGetItem: 'read',
  Query: 'list',
  Scan: 'scan',
  PutItem: 'put',
  UpdateItem: 'update',
  DeleteItem: 'remove',
};

/** Rows of table `streams` besides the states: names of streams, open and closed windows, manifests. */
function streamRow(stream: string, row: string): string | undefined {
  if (stream === 'streams') return 'streamName';
  if (stream.startsWith('manifest#')) return 'manifest';
  const [kind = ''] = row.split('#');
  return kind === 'state' ? undefined : kind;
}

function streamEffect(action: string, body: Effect['body']): string {
  const key = keySchema.parse(body['Key'] ?? body['Item'] ?? {});
  const values = keySchema.parse(body['ExpressionAttributeValues'] ?? {});
  const stream = key['stream']?.S ?? values[':stream']?.S ?? values[':names']?.S ?? '';
  const other = streamRow(stream, key['row']?.S ?? values[':prefix']?.S ?? 'streams');
  if (other !== undefined) return `${other}.${VERBS[action] ?? action}`;
  if (action !== 'UpdateItem') return `stream.${VERBS[action] ?? action}`;
  const { set, remove } = changesOf(body);
  if (remove.has('owner')) return 'stream.release';
  if (set.has('owner')) return 'stream.acquire';
  if (set.has('startedFrom') || set.has('sweep')) return 'stream.begin';
  if (set.has('finishedAt')) return 'stream.finish';
  if (set.has('watermark')) return 'stream.advance';
  return set.has('window') ? 'stream.place' : 'stream.save';
}

function orderEffect(action: string, body: Effect['body']): string {
  if (action !== 'UpdateItem')
    return action === 'Query' ? 'orders.versions' : `order.${VERBS[action] ?? action}`;
  const { set } = changesOf(body);
  if (set.has('trade')) return 'trade.write';
  return set.size === 1 && set.has('tradeObservedAt') ? 'trade.touch' : 'facets.write';
}

function leadEffect(action: string, body: Effect['body']): string {
  if (action !== 'UpdateItem') return `lead.${VERBS[action] ?? action}`;
  const { set, add } = changesOf(body);
  if (add.has('sameAs')) return 'lead.link';
  return set.has('orderRev') ? 'lead.summaries' : 'lead.write';
}

const NOUNS: Readonly<Record<string, string>> = {
  'ad-orders': 'adLine',
  items: 'item',
  keys: 'key',
  dues: 'due',
  shops: 'halt',
  quarantine: 'parked',
  budgets: 'budget',
};

function dynamoDbEffect(action: string, body: Effect['body']): string {
  const requested = bodySchema.safeParse(body['RequestItems']).data ?? {};
  const table = typeof body['TableName'] === 'string' ? body['TableName'] : (Object.keys(requested)[0] ?? '');
  const noun = table.replace(/^carferry-[a-z0-9]+-/, '');
  switch (noun) {
    case 'streams':
      return streamEffect(action, body);
    case 'orders':
      return orderEffect(action, body);
    case 'leads':
      return leadEffect(action, body);
    case 'dues':
      if (action === 'UpdateItem') return body['ConditionExpression'] === undefined ? 'due.put' : 'due.move';
      break;
  }
  return `${NOUNS[noun] ?? noun}.${VERBS[action] ?? action}`;
}

const SENDS: Readonly<Record<string, string>> = {
  SendMessageBatch: 'send',
  SendMessage: 'send',
  ChangeMessageVisibility: 'backOff',
};

function sqsEffect(action: string, body: Effect['body']): string {
  const queue = String(body['QueueUrl']).replace(/^.*\/carferry-[a-z0-9]+-/, '');
  return `${SENDS[action] ?? action}.${queue}`;
}

const METHODS: Readonly<Record<string, string>> = {
  'qimen.taobao.crm.trades.info.create': 'fetch.trades',
  'alibaba.taobao.ud.smart.order.detail.pull': 'fetch.adOrders',
  'tmall.aliauto.lead.info.get': 'fetch.lead',
  'tmall.aliauto.trade.car.order.get': 'fetch.car',
  'taobao.tbk.item.info.upgrade.get': 'fetch.items',
  'taobao.tmc.messages.consume': 'fetch.messages',
  'taobao.tmc.messages.confirm': 'confirm.messages',
};

function topEffect(path: string, text: string): Effect {
  const params = new URLSearchParams(path.split('?')[1] ?? '');
  for (const [name, value] of new URLSearchParams(text)) params.set(name, value);
  const method = params.get('method') ?? '';
  const isTotal = params.get('fields') === 'tid';
  const name = isTotal ? 'fetch.total' : (METHODS[method] ?? `fetch.${method}`);
  return { name, body: Object.fromEntries(params) };
}

/** Names one request by what it does. Pure. */
export function effectOf(
  service: Service,
  request: { readonly path: string; readonly target: string; readonly text: string },
): Effect {
  if (service === 'top') return topEffect(request.path, request.text);
  const action = request.target.split('.').at(-1) ?? '';
  const body = bodySchema.parse(JSON.parse(request.text === '' ? '{}' : request.text));
  return { name: service === 'sqs' ? sqsEffect(action, body) : dynamoDbEffect(action, body), body };
}
