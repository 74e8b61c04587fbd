import { fork } from 'node:child_process';
import * as z from 'zod';

const readySchema = z.object({ port: z.int() });

/** A server in a process of its own, so that its work is not counted as the client's. */
export type ChildServer = { readonly url: string; stop(): void };

/** Starts `file` (beside this one) with `order` as its first message; it answers with its port. */
export async function startChildServer(file: string, order: object): Promise<ChildServer> {
  const child = fork(new URL(file, import.meta.url), [], { stdio: ['ignore', 2, 2, 'ipc'] });
  const ready = new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(readySchema.parse(message).port));
    child.once('exit', (code) => reject(new Error(`${file} ended with code ${code}`)));
  });
  child.send(order);
  const port = await ready;
  return { url: `http://127.0.0.1:${port}`, stop: () => child.disconnect() };
}

/** Gives every path one fixed JSON body. */
export function startFixedServer(bodies: Readonly<Record<string, string>>): Promise<ChildServer> {
  const type = 'application/json;charset=UTF-8';
  const order = Object.fromEntries(Object.entries(bodies).map(([path, text]) => [path, { type, text }]));
  return startChildServer('fixedServer.ts', order);
}
