import { CarferryError } from '../core/errors.ts';
import { type QueueMessage, queueMessageSchema } from '../domain/queueMessage.ts';

/**
 * Reads the body of a message: JSON, then the schema of `queueMessage`.
 *
 * @throws CarferryError `park`, `unreadable-message`, naming the field and never what stands there.
 */
export function readMessage(text: string): QueueMessage {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // The engine's message quotes the body, so it is no cause.
    throw unreadable('', 'JSON');
  }
  const read = queueMessageSchema.safeParse(body);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw unreadable(issue?.path.join('.') ?? '', issue?.message ?? 'another shape');
}

function unreadable(field: string, expected: string): CarferryError {
  return new CarferryError({
    disposition: 'park',
    reason: 'unreadable-message',
    message: `a message does not fit its schema (${expected})`,
    field,
    hint: 'it may come from another version of carferry; redrive it after the deployment is the same everywhere',
    details: { expected },
  });
}
