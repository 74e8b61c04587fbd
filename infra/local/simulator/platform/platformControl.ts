import { type NodeMap, writeJson } from '../json.ts';
import type { Realm } from '../realm.ts';
import type { HttpReply } from '../sendReply.ts';
import { messageQueueOf } from './messageQueue.ts';
import { pushLeads, readPushOptions } from './push.ts';

/** The control API of the platform's own deeds; undefined for another address. */
export async function platformReply(
  realm: Realm,
  verb: string,
  url: URL,
  body: string,
): Promise<HttpReply | undefined> {
  switch (`${verb} ${url.pathname}`) {
    case 'POST /_sim/push': {
      const options = readPushOptions(parse(body));
      if (typeof options === 'string') return reply(400, { error: options });
      return reply(200, await pushLeads(options, realm.world.options.seed));
    }
    case 'GET /_sim/messages':
      return reply(200, messageQueueOf(realm).report());
    case 'POST /_sim/messages/redeliver':
      messageQueueOf(realm).redeliver();
      return reply(200, messageQueueOf(realm).report());
    default:
      return undefined;
  }
}

function parse(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    return parsed;
  } catch {
    return undefined;
  }
}

function reply(status: number, node: NodeMap): HttpReply {
  const text = writeJson(node, { lists: 'flat', empty: 'array' }) ?? '';
  return { kind: 'text', status, contentType: 'application/json;charset=UTF-8', text };
}
