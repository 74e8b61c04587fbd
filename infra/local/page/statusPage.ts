import type { IncomingMessage, ServerResponse } from 'node:http';
import type { LiveSnapshot } from '../live/snapshot.ts';
import { type LeadStory, type OrderStory, tellLead, tellOrder } from '../story/orderStory.ts';
import { readStory, type StoryTables } from '../story/readStory.ts';
import { readPageHtml } from './pageHtml.ts';
import { type PageRequest, readPageRequest } from './pageRoutes.ts';

/** Answers a request when it is one of the page's; false when it is not. */
export type StatusPage = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

type Found = { readonly order: OrderStory | null; readonly lead: LeadStory | null };

/** The status page of one run: the page itself, the run's state, masked orders and leads. */
export function createStatusPage(deps: {
  readonly snapshot: () => LiveSnapshot;
  readonly tables: StoryTables;
}): StatusPage {
  const { html, contentSecurityPolicy } = readPageHtml();

  /** The order of this id, or of the lead of this id, or that lead alone. */
  async function find(id: string): Promise<Found> {
    const order = await readStory(id, deps.tables);
    if (order !== undefined) return { order: tellOrder(order), lead: null };
    const lead = await deps.tables.stores.leads.read(id);
    if (lead === undefined) return { order: null, lead: null };
    const ordered = lead.orderId === undefined ? undefined : await readStory(lead.orderId, deps.tables);
    return ordered === undefined
      ? { order: null, lead: tellLead(lead) }
      : { order: tellOrder(ordered), lead: null };
  }

  async function answer(asked: PageRequest, response: ServerResponse): Promise<void> {
    switch (asked.kind) {
      case 'refused':
        if (asked.status === 405) response.setHeader('allow', 'GET, HEAD');
        return sendJson(response, asked.status, { message: asked.message });
      case 'page':
        response.setHeader('content-security-policy', contentSecurityPolicy);
        response.setHeader('x-frame-options', 'DENY');
        return send(response, 200, 'text/html; charset=utf-8', html);
      case 'status':
        return sendJson(response, 200, deps.snapshot());
      case 'find': {
        const found = await find(asked.id);
        const isFound = found.order !== null || found.lead !== null;
        return sendJson(response, isFound ? 200 : 404, found);
      }
    }
  }

  return async (request, response) => {
    const asked = readPageRequest(request);
    if (asked === undefined) return false;
    await answer(asked, response);
    return true;
  };
}

function sendJson(response: ServerResponse, status: number, document: unknown): void {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(document));
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
