import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { erasePerson, personOfOrder } from '../../../infra/cli/erasePerson.ts';
import { rewrapKeys, rotateBranch } from '../../../infra/cli/rotateKeys.ts';
import { createStores, type Stores } from '../../../infra/local/stores.ts';
import { createLocalRoot } from '../../../lib/privacy/rootKey.ts';
import type { Bench } from '../bench.ts';
import { readable } from '../sealedFields.ts';
import type { Scenario, Stage } from './stage.ts';

/** Stores of a process that dies at its n-th write: that one and all further ones never arrive. */
async function dyingStores(bench: Bench, diesAt: number): Promise<{ stores: Stores; close(): void }> {
  const { wiring, stage } = bench.ground();
  const endpoint = await bench.dynamoDb.config.endpoint?.();
  const client = new DynamoDBClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    endpoint: `http://${endpoint?.hostname}:${endpoint?.port}`,
    maxAttempts: 1,
  });
  let writes = 0;
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (/^(Put|Update|Delete)ItemCommand$/.test(String(context.commandName))) writes += 1;
      if (writes >= diesAt) throw new Error('the process is dead');
      return await next(args);
    },
    { step: 'initialize', name: 'dies' },
  );
  const stores = createStores(client, { service: wiring.service, stage });
  return { stores, close: () => client.destroy() };
}

/** A job that is killed at its first write, then at its second, … until it ends. */
async function killedAgainAndAgain(bench: Bench, job: (stores: Stores) => Promise<unknown>): Promise<number> {
  for (let diesAt = 1; diesAt < 100; diesAt += 1) {
    const { stores, close } = await dyingStores(bench, diesAt);
    const isDone = await job(stores).then(
      () => true,
      () => false,
    );
    close();
    if (isDone) return diesAt - 1;
  }
  throw new Error('the job never ends');
}

/** An order with a person and a lead. */
const orderOf = ({ bench }: Stage): string =>
  bench.ground().trades.find(({ lead, car }) => lead !== undefined && car)?.orderId ?? '';

async function holdErased(stage: Stage, orderId: string): Promise<void> {
  const { bench, hold } = stage;
  const order = await bench.ground().stores.orders.read(orderId);
  hold(order?.erasedAt !== undefined, 'an erased order is not marked');
  hold((await readable(bench, orderId)) === 0, 'a value of an erased person can be read');
}

/** C40: the erasure dies at every one of its writes, and is completed by the same call. */
export const eraseDies: Scenario = async (stage) => {
  const { bench, open, run, finish, hold } = stage;
  await open('first.pullLeads');
  await run('first.pullLeads', 'first.push1', 'first.push2', 'first.enrichLeads');
  const orderId = orderOf(stage);
  hold((await readable(bench, orderId)) > 0, 'there was nothing to erase');
  const deaths = await killedAgainAndAgain(bench, async (stores) =>
    erasePerson(await personOfOrder(orderId, stores), 'a test', stores),
  );
  hold(deaths > 2, `only ${deaths} deaths`);
  await holdErased(stage, orderId);
  // The world goes on: changes of the order arrive, its person does not come back.
  await finish('later');
  await holdErased(stage, orderId);
};

/** C41: the order is erased while a message with its person is under way. */
export const eraseWhileQueued: Scenario = async (stage) => {
  const { bench, open, run, finish } = stage;
  await open('first.pullLeads');
  await run('first.pullLeads');
  const orderId = orderOf(stage);
  const { stores } = bench.ground();
  let isErased = false;
  bench.handling = async (_role, { name }, forward) => {
    if (name === 'lead.write' && !isErased) {
      isErased = true;
      await erasePerson(await personOfOrder(orderId, stores), 'a test', stores);
    }
    return await forward();
  };
  await run('first.push1', 'first.push2', 'first.enrichLeads');
  bench.handling = (_role, _exchange, forward) => forward();
  await holdErased(stage, orderId);
  await finish('later');
  await holdErased(stage, orderId);
};

/** C42: the rotation of the keys dies half done: what either key wraps opens, and the rest is moved later. */
export const keyRotatesHalf: Scenario = async ({ bench, open, run, finish, hold }) => {
  await open('first.enrichOrders');
  await run('first.enrichOrders');
  const root = createLocalRoot(Buffer.from(bench.dataKey, 'base64'));
  await rotateBranch({ root, table: bench.ground().stores.keys });
  const half = await dyingStores(bench, 3);
  const outcome = await rewrapKeys({ root, table: half.stores.keys }).catch(() => 'died');
  half.close();
  hold(outcome === 'died', 'the rotation did not die in the middle');
  bench.tune({});
  await finish('first.pullLeads');
  const { moved, kept } = await rewrapKeys({ root, table: bench.ground().stores.keys });
  hold(moved > 0 && kept > 0, `moved ${moved}, kept ${kept}`);
  bench.tune({});
  await finish('later');
};
