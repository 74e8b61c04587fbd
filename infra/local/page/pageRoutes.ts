import type { IncomingHttpHeaders } from 'node:http';

/** What a request to the status page asks for. */
export type PageRequest =
  | { readonly kind: 'page' | 'status' }
  | { readonly kind: 'find'; readonly id: string }
  | { readonly kind: 'refused'; readonly status: 400 | 403 | 405; readonly message: string };

const PATHS: ReadonlySet<string> = new Set(['/', '/status.json', '/orders.json']);
const LOOPBACK = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i;
/** A proxy or tunnel in front means that somebody else than this machine's user may be asking. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];
const ID = /^[0-9A-Za-z-]{1,64}$/;

/**
 * Reads a request of the status page; undefined when its path is none of the page's. Only this machine's own names
 * are answered (a foreign site cannot rebind its name to loopback), only reading, only to pages of our own. Pure.
 */
export function readPageRequest({
  method = 'GET',
  url = '/',
  headers,
}: {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}): PageRequest | undefined {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  if (!PATHS.has(path)) return undefined;
  if (!LOOPBACK.test(headers.host ?? '')) return refused(403, 'the status page answers to this machine only');
  if (FORWARDED.some((name) => headers[name] !== undefined)) {
    return refused(403, 'the status page answers to this machine only, not through a proxy');
  }
  if (isForeign(headers)) return refused(403, 'another site may not read the status page');
  if (method !== 'GET' && method !== 'HEAD') return refused(405, 'the status page is for reading');
  if (path === '/') return { kind: 'page' };
  if (path === '/status.json') return { kind: 'status' };
  const id = new URLSearchParams(at < 0 ? '' : url.slice(at + 1)).get('q')?.trim() ?? '';
  if (!ID.test(id)) return refused(400, 'q is an order id or a lead id');
  return { kind: 'find', id };
}

/** Another site's page asks in the background; following a link to here is fine. */
function isForeign(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') return headers['sec-fetch-mode'] !== 'navigate';
  return headers.origin !== undefined && headers.origin !== `http://${headers.host}`;
}

function refused(status: 400 | 403 | 405, message: string): PageRequest {
  return { kind: 'refused', status, message };
}
