import { fork } from 'node:child_process';
import * as z from 'zod';
import { startTicks } from './processes.ts';

/** Where a simulator is, and what it calls itself. */
export const simulatorSchema = z.object({
  url: z.string(),
  topUrl: z.string(),
  qimenUrl: z.string(),
  appKey: z.string(),
  appSecret: z.string(),
  targetAppKey: z.string(),
  shops: z.array(z.record(z.string(), z.unknown())),
});
const readySchema = z.object({
  dynamoDbUrl: z.string(),
  sqsUrl: z.string(),
  simulator: simulatorSchema.optional(),
});
const failedSchema = z.object({ failed: z.string() });

/** What the engine process is to start. */
export const engineOrderSchema = z.object({
  dataDir: z.string().optional(),
  simulator: z
    .object({ seed: z.string(), anchorAt: z.number(), trades: z.number(), shops: z.number() })
    .optional(),
});
export type EngineOrder = z.infer<typeof engineOrderSchema>;

export type EngineProcess = z.infer<typeof readySchema> & {
  readonly pid: number;
  readonly ticks: string | undefined;
  /** Resolves when the process has ended, wanted or not. */
  readonly ended: Promise<void>;
  /** Closes the files and ends the process. */
  stop(): Promise<void>;
};

/**
 * Starts the engines and, when wanted, the simulator in one child process, so that this process holds nothing
 * but the functions. The child ends when this process does, even after SIGKILL.
 */
export async function startEngineProcess(order: EngineOrder): Promise<EngineProcess> {
  const child = fork(new URL('engineMain.ts', import.meta.url), [], {
    execArgv: ['--import', new URL('../../tools/endWithParent.mjs', import.meta.url).href],
    // Its output must not reach stdout: that belongs to the summary.
    stdio: ['ignore', 2, 2, 'ipc'],
    // A terminal's Ctrl-C must not reach it: the parent stops it when the functions are done.
    detached: process.platform !== 'win32',
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const ready = new Promise<z.infer<typeof readySchema>>((resolve, reject) => {
    child.once('message', (message) => {
      const parsed = readySchema.safeParse(message);
      if (parsed.success) resolve(parsed.data);
      else
        reject(new Error(failedSchema.safeParse(message).data?.failed ?? 'the engine process is unreadable'));
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the engine process ended with code ${code}`)));
  });
  child.send(order);
  const addresses = await ready;
  const pid = child.pid ?? 0;
  return {
    ...addresses,
    pid,
    ticks: startTicks(pid),
    ended,
    stop: async () => {
      if (child.connected) child.send('stop');
      await ended;
    },
  };
}
