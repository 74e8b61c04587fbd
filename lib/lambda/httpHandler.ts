import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { createInvocationScope } from './invocationScope.ts';
import type { RunContext } from './runContext.ts';

const RESERVE_MS = 2_000;

/** Answer to anything unforeseen: always the same, so that it tells nothing. */
const INTERNAL_ERROR: HttpResponse = {
  status: 500,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: '{"error":"internal"}',
};

/** One request of an HTTP API, payload format 2.0, exactly as it was signed. */
export type HttpRequest = {
  readonly method: string;
  /** Path without the query, still percent-encoded. */
  readonly path: string;
  /** After `?`, still percent-encoded; empty without one. */
  readonly rawQuery: string;
  /** Names in lower case; the gateway joins repeated ones with commas. */
  readonly headers: Readonly<Record<string, string>>;
  /** The exact bytes; empty when `tooLarge`. */
  readonly body: Uint8Array;
  /** The body is above the limit and was not even decoded. */
  readonly tooLarge: boolean;
};

export type HttpResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type HttpHandler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

export type HttpHandlerOptions<Deps> = {
  readonly start: () => Promise<Deps>;
  readonly run: (deps: Deps, request: HttpRequest, context: RunContext) => Promise<HttpResponse>;
  /** Bytes; default 256 KiB. */
  readonly maxBodyBytes?: number;
};

/** A function behind the HTTP API. What `run` throws becomes a constant 500 and one classified log line. */
export function httpHandler<Deps>(options: HttpHandlerOptions<Deps>): HttpHandler {
  const scope = createInvocationScope(RESERVE_MS);
  const maxBodyBytes = options.maxBodyBytes ?? 256 * 1024;
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({ timeoutEarlyInMillis: 0 })
    .onError((request) => {
      request.response = toResult(INTERNAL_ERROR);
    })
    .use(scope.middleware)
    .handler((event, context) =>
      scope.inside(context, async (invocation) => {
        const request = readRequest(event, maxBodyBytes);
        return toResult(await options.run(await options.start(), request, invocation));
      }),
    );
}

function readRequest(event: APIGatewayProxyEventV2, maxBodyBytes: number): HttpRequest {
  const body = readBody(event, maxBodyBytes);
  const headers = Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value ?? '']);
  return {
    method: event.requestContext.http.method,
    path: event.rawPath,
    rawQuery: event.rawQueryString,
    headers: Object.fromEntries(headers),
    body: body ?? new Uint8Array(),
    tooLarge: body === undefined,
  };
}

/** The bytes, or undefined when they are too many; measured before decoding as far as that is exact. */
function readBody(event: APIGatewayProxyEventV2, maxBodyBytes: number): Uint8Array | undefined {
  const text = event.body ?? '';
  // Four base64 characters stand for three bytes.
  if (text.length > Math.ceil(maxBodyBytes / 3) * 4) return undefined;
  const bytes = Buffer.from(text, event.isBase64Encoded ? 'base64' : 'utf8');
  return bytes.length > maxBodyBytes ? undefined : bytes;
}

function toResult(response: HttpResponse): APIGatewayProxyStructuredResultV2 {
  return { statusCode: response.status, headers: { ...response.headers }, body: response.body };
}
