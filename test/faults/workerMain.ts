import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { createInvoke, type Handler, type Invoke } from '../../infra/local/invoke.ts';
import { projectRoot, readTemplate } from '../../infra/local/template.ts';
import { type Answer, type Order, orderSchema } from './workerMessages.ts';

/*
 * A Lambda environment as a process of its own: it runs the real functions, one invocation per message, and can be
 * killed. Its clock can be set ahead, so that a later start is later than a lease; its functions start cold with
 * every `begin`, as in a fresh environment, which saves a process per cell.
 */

const HostDate = Date;
const hostNow = Date.now;
let offsetMs = 0;

class ShiftedDate extends HostDate {
  constructor(...given: [] | [number | string | Date]) {
    if (given.length === 0) super(hostNow() + offsetMs);
    else super(...given);
  }

  static override now(): number {
    return hostNow() + offsetMs;
  }
}
Object.defineProperty(globalThis, 'Date', { value: ShiftedDate, writable: true, configurable: true });

const wiring = readTemplate();
const handlerSchema = z.object({ handler: z.custom<Handler>((value) => typeof value === 'function') });
let cell = 'none';
let handlers = new Map<string, Handler>();

/** The very handler that is deployed, of this cell's environment. */
async function load(name: string): Promise<Handler> {
  const known = handlers.get(name);
  if (known !== undefined) return known;
  const module = wiring.functions.find((declared) => declared.name === name)?.module ?? '';
  const url = `${pathToFileURL(join(projectRoot, module)).href}?cell=${cell}`;
  const { handler } = handlerSchema.parse(await import(url));
  handlers.set(name, handler);
  return handler;
}

const invoke: Invoke = async (name, event, limits) => {
  const call = createInvoke(wiring.functions, new Map([[name, await load(name)]]));
  return await call(name, event, limits);
};

function answer(message: Answer): void {
  process.send?.(message);
}

/** The classified reason, or the name of what was thrown; never a text that may quote a payload. */
function reasonOf(thrown: unknown): string {
  const { reason } = z.object({ reason: z.string() }).safeParse(thrown).data ?? {};
  return reason ?? (thrown instanceof Error ? thrown.name : typeof thrown);
}

async function obey(order: Order): Promise<void> {
  switch (order.kind) {
    case 'begin':
      cell = order.cell;
      handlers = new Map();
      offsetMs = 0;
      Object.assign(process.env, order.environment);
      return;
    case 'clock':
      offsetMs = order.offsetMs;
      return;
    case 'warm':
      await load(order.name);
      return;
    case 'invoke': {
      const { id, name, event, timeoutMs } = order;
      try {
        const result = await invoke(name, event, { timeoutMs });
        answer({ kind: 'ended', id, result, rss: process.memoryUsage.rss() });
      } catch (thrown) {
        answer({ kind: 'threw', id, reason: reasonOf(thrown), rss: process.memoryUsage.rss() });
      }
      return;
    }
  }
}

process.on('message', (message) => void obey(orderSchema.parse(message)));
process.on('disconnect', () => process.exit(0));
answer({ kind: 'ready' });
