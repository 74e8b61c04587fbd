import { type ChildProcess, fork } from 'node:child_process';
import { answerSchema, type Order } from './workerMessages.ts';

/** How an invocation ended: with the function's answer, with an error, or with the process. */
export type Ended =
  | { readonly end: 'answered'; readonly result: unknown }
  | { readonly end: 'threw'; readonly reason: string }
  | { readonly end: 'killed' };

/** One Lambda environment in a process of its own. */
export type Worker = {
  readonly isAlive: () => boolean;
  /** Resident memory after its last invocation, bytes. */
  readonly rss: () => number;
  tell(order: Exclude<Order, { kind: 'invoke' }>): void;
  invoke(name: string, event: unknown, timeoutMs: number): Promise<Ended>;
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
};

/** Starts a process; resolves when it can be told what to do. */
export async function startWorker(): Promise<Worker> {
  const child: ChildProcess = fork(new URL('workerMain.ts', import.meta.url), [], {
    env: { PATH: process.env['PATH'], TZ: process.env['FAULT_WORKER_TZ'] ?? process.env['TZ'] },
    execArgv: ['--max-old-space-size=256'],
    stdio: ['ignore', 'ignore', process.env['FAULT_WORKER_LOGS'] === undefined ? 'ignore' : 2, 'ipc'],
  });
  const waiting = new Map<number, (ended: Ended) => void>();
  let [alive, next, rss] = [true, 0, 0];
  const gone = new Promise<void>((resolve) =>
    child.once('exit', () => {
      alive = false;
      for (const settle of waiting.values()) settle({ end: 'killed' });
      waiting.clear();
      resolve();
    }),
  );
  const ready = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => reject(new Error('a worker ended before it was ready')));
    child.on('message', (message) => {
      const answer = answerSchema.parse(message);
      if (answer.kind === 'ready') return resolve();
      rss = answer.rss;
      const settle = waiting.get(answer.id);
      waiting.delete(answer.id);
      if (answer.kind === 'ended') settle?.({ end: 'answered', result: answer.result });
      else settle?.({ end: 'threw', reason: answer.reason });
    });
  });
  await ready;
  // A process that was killed a moment ago closes its channel before its exit is known.
  const send = (order: Order): void => {
    if (child.connected) child.send(order, () => undefined);
  };
  return {
    isAlive: () => alive,
    rss: () => rss,
    tell: send,
    invoke: (name, event, timeoutMs) =>
      new Promise((resolve) => {
        if (!alive || !child.connected) return resolve({ end: 'killed' });
        next += 1;
        waiting.set(next, resolve);
        send({ kind: 'invoke', id: next, name, event, timeoutMs });
      }),
    signal: (name) => void child.kill(name),
    stop: async () => {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
