import { type AwsCall, recordCalls } from '../../tools/cost/recordCalls.ts';

/** One action on one resource, e.g. `dynamodb:Query on carferry-local-orders/index/*`. */
export type Permission = string;

/** What each function asked AWS for, as its role must allow it. */
export type PermissionRecorder = {
  /** By function. */
  readonly used: ReadonlyMap<string, ReadonlySet<Permission>>;
  inside<T>(name: string, run: () => Promise<T>): Promise<T>;
  /** While `run` lasts, no command of a function reaches AWS. */
  withoutAws(name: string, run: () => Promise<unknown>): Promise<void>;
  stop(): void;
};

/** Operations that go by the permission of another one. */
const ACTIONS: Readonly<Record<string, string>> = {
  SendMessageBatch: 'SendMessage',
  DeleteMessageBatch: 'DeleteMessage',
  ChangeMessageVisibilityBatch: 'ChangeMessageVisibility',
};
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem']);

/**
 * Records the permissions that functions use. Of every kind of write that a function makes, the reply to the first is
 * lost on its way, because what is read after that needs a permission too.
 */
export function recordPermissions(): PermissionRecorder {
  const used = new Map<string, Set<Permission>>();
  const lost = new Set<string>();
  let cutOff: string | undefined;
  const recorder = recordCalls(async (call, proceed) => {
    if (call.by === undefined) return proceed();
    const permissions = permissionsOf(call);
    const known = used.get(call.by) ?? new Set();
    used.set(call.by, known);
    for (const permission of permissions) known.add(permission);
    if (call.by === cutOff) throw timeout();
    const reply = await proceed();
    const kind = `${call.by} ${permissions.join()}`;
    if (!WRITES.has(call.operation) || lost.has(kind)) return reply;
    lost.add(kind);
    throw timeout();
  });
  return {
    used,
    ...recorder,
    withoutAws: async (name, run) => {
      cutOff = name;
      await run().finally(() => {
        cutOff = undefined;
      });
    },
  };
}

function timeout(): Error {
  return Object.assign(new Error('no reply'), { name: 'TimeoutError' });
}

function permissionsOf({ service, operation, input }: AwsCall): Permission[] {
  const action = `${service}:${ACTIONS[operation] ?? operation}`;
  return resourcesOf(input).map((resource) => `${action} on ${resource}`);
}

/** Tables, indexes, queues, keys and secrets by their names. */
function resourcesOf(input: AwsCall['input']): string[] {
  const { TableName, IndexName, RequestItems, QueueUrl, KeyId, SecretId } = input;
  if (IndexName !== undefined) return [`${TableName}/index/*`];
  if (TableName !== undefined) return [String(TableName)];
  if (typeof RequestItems === 'object' && RequestItems !== null) return Object.keys(RequestItems);
  if (QueueUrl !== undefined) return [String(QueueUrl).replace(/^.*\//, '')];
  return [String(KeyId ?? SecretId)];
}
