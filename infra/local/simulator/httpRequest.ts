import type { IncomingMessage } from 'node:http';

const MOST_BYTES = 1_048_576;

/** The body as text; undefined when it is too large. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MOST_BYTES) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Query and form merged, as the gateway sees them before it checks the signature. */
export function mergeParams(query: URLSearchParams, form: string): Map<string, string> {
  const params = new Map<string, string>(query);
  for (const [name, value] of new URLSearchParams(form)) params.set(name, value);
  return params;
}
