import type { Service } from './effects.ts';
import { type Exchange, type FaultProxy, type Reply, startFaultProxy } from './faultProxy.ts';
import type { Addresses } from './ground.ts';
import { startWorker, type Worker } from './worker.ts';

/** Who runs an invocation: `subject` meets the faults, `rival` is the other holder, tick or duplicate. */
export type Role = 'subject' | 'rival';
export const ROLES = ['subject', 'rival'] as const;
const SERVICES = ['dynamoDb', 'sqs', 'top'] as const;

/** What becomes of a request of a worker. */
export type Handling = (
  role: Role,
  exchange: Exchange,
  forward: (changed?: string) => Promise<Reply>,
) => Promise<Reply | 'lost'>;

/** Both workers, each behind proxies of its own, so that every request is known by who made it. */
export type Crew = {
  worker(role: Role): Worker;
  /** The worker; a dead one is replaced by a spare one first, and `settle` tells it what it needs to know. */
  alive(role: Role, settle: (worker: Worker) => void): Promise<Worker>;
  /** Where a worker's requests go to. */
  addresses(role: Role): Addresses;
  aim(target: Addresses): void;
  close(): Promise<void>;
};

export async function startCrew(handle: Handling): Promise<Crew> {
  const proxies = new Map<string, FaultProxy>();
  const workers = new Map<Role, Worker>();
  const renewals = new Map<Role, Promise<Worker>>();
  let spare = startWorker();
  for (const role of ROLES) {
    workers.set(role, await startWorker());
    for (const service of SERVICES) {
      const proxy = await startFaultProxy(service, (exchange, forward) => handle(role, exchange, forward));
      proxies.set(`${role} ${service}`, proxy);
    }
  }
  const proxyOf = (role: Role, service: Service): FaultProxy => present(proxies.get(`${role} ${service}`));

  /** Nobody waits for a process to start, except when many die at once. */
  async function renew(role: Role, settle: (worker: Worker) => void): Promise<Worker> {
    const next = spare;
    spare = startWorker();
    const worker = await next;
    workers.set(role, worker);
    renewals.delete(role);
    settle(worker);
    return worker;
  }

  return {
    worker: (role) => present(workers.get(role)),
    alive: async (role, settle) => {
      const worker = present(workers.get(role));
      if (worker.isAlive()) return worker;
      const renewal = renewals.get(role) ?? renew(role, settle);
      renewals.set(role, renewal);
      return await renewal;
    },
    addresses: (role) => ({
      dynamoDbUrl: proxyOf(role, 'dynamoDb').url,
      sqsUrl: proxyOf(role, 'sqs').url,
      topUrl: proxyOf(role, 'top').url,
    }),
    aim: ({ dynamoDbUrl, sqsUrl, topUrl }) => {
      for (const role of ROLES) {
        proxyOf(role, 'dynamoDb').aim(dynamoDbUrl);
        proxyOf(role, 'sqs').aim(sqsUrl);
        proxyOf(role, 'top').aim(topUrl);
      }
    },
    close: async () => {
      await Promise.all([...workers.values()].map((worker) => worker.stop()));
      await (await spare).stop();
      await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
    },
  };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the crew is not complete');
  return value;
}
