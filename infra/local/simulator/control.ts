import type { CallStats } from './callStats.ts';
import { canariesOf } from './canaries.ts';
import { isRecord, type Node, writeJson } from './json.ts';
import { type Quirks, readQuirks } from './quirks.ts';
import type { RateLimit } from './rateLimit.ts';
import type { Realm } from './realm.ts';
import type { HttpReply } from './sendReply.ts';
import { truthOf } from './truth.ts';

const MOST_GROWTH = 2_000_000;

export type ControlDeps = {
  realm: Realm;
  info: Node;
  stats: CallStats;
  rateLimit: RateLimit;
  worldNow: () => number;
  freeze: (at: number | null) => void;
  frozenAt: () => number | null;
  quirks: { read: () => Quirks; write: (quirks: Quirks) => void };
};

/** The control API under /_sim; undefined for an unknown address. */
export function controlReply(deps: ControlDeps, verb: string, url: URL, body: string): HttpReply {
  switch (`${verb} ${url.pathname}`) {
    case 'GET /_sim/info':
      return reply(200, deps.info);
    case 'GET /_sim/stats':
      return reply(200, deps.stats.report());
    case 'GET /_sim/canaries':
      return reply(200, canariesOf(deps.realm, deps.worldNow()));
    case 'GET /_sim/truth':
      return truth(deps, url);
    case 'GET /_sim/freeze':
      return reply(200, { at: deps.frozenAt() });
    case 'POST /_sim/freeze':
      return freeze(deps, body);
    case 'GET /_sim/quirks':
      return plain(200, deps.quirks.read());
    case 'DELETE /_sim/quirks':
      deps.quirks.write({});
      deps.rateLimit.clear();
      return plain(200, {});
    case 'POST /_sim/quirks':
      return mergeQuirks(deps, body);
    default:
      return reply(404, { error: `no ${verb} ${url.pathname}` });
  }
}

function truth(deps: ControlDeps, url: URL): HttpReply {
  const at = deps.worldNow();
  const from = moment(url.searchParams.get('from'), 0);
  const to = moment(url.searchParams.get('to'), Number.MAX_SAFE_INTEGER);
  if (from === undefined || to === undefined)
    return reply(400, { error: 'from and to must be ISO 8601 times' });
  return reply(200, truthOf(deps.realm, from, to, at, url.searchParams.get('detail') === '1'));
}

function moment(text: string | null, otherwise: number): number | undefined {
  if (text === null) return otherwise;
  // A `+` that the caller did not encode arrives as a space.
  const epochMs = Date.parse(text.replace(' ', '+'));
  return Number.isNaN(epochMs) ? undefined : epochMs;
}

function freeze(deps: ControlDeps, body: string): HttpReply {
  const document = parse(body);
  const at = isRecord(document) ? document['at'] : undefined;
  if (at !== null && (typeof at !== 'number' || !Number.isSafeInteger(at) || at < 0)) {
    return reply(400, { error: 'at must be epoch milliseconds or null' });
  }
  const { anchorAt, growthPerMinute } = deps.realm.world.options;
  if (at !== null && ((at - anchorAt) / 60_000) * growthPerMinute > MOST_GROWTH) {
    return reply(400, { error: 'at lies too far after the anchor: the world would not fit into memory' });
  }
  deps.freeze(at);
  return reply(200, { at });
}

function mergeQuirks(deps: ControlDeps, body: string): HttpReply {
  const quirks = readQuirks(parse(body));
  if (typeof quirks === 'string') return reply(400, { error: quirks });
  const merged = { ...deps.quirks.read(), ...quirks };
  deps.quirks.write(merged);
  for (const ban of quirks.ban ?? []) deps.rateLimit.begin(ban, Date.now());
  return plain(200, merged);
}

function parse(body: string): unknown {
  try {
    const parsed: unknown = JSON.parse(body);
    return parsed;
  } catch {
    return undefined;
  }
}

function reply(status: number, node: Node): HttpReply {
  return {
    kind: 'text',
    status,
    contentType: 'application/json;charset=UTF-8',
    text: writeJson(node, { lists: 'flat', empty: 'array' }) ?? '',
  };
}

function plain(status: number, quirks: Quirks): HttpReply {
  return {
    kind: 'text',
    status,
    contentType: 'application/json;charset=UTF-8',
    text: JSON.stringify(quirks),
  };
}
