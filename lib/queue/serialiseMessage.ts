import type { QueueMessage } from '../domain/queueMessage.ts';
import { unsendable } from './queueErrors.ts';

/** Our own cap; SQS takes 1 MiB for a message and for a whole batch. */
const MAX_MESSAGE_BYTES = 200 * 1024;

/**
 * What SQS (U+FFFE, U+FFFF, which XML 1.0 lacks) or an emulator of it (everything above U+FFFF) refuses.
 * JSON can name all of them by their code units.
 */
const REFUSED = /[\ud800-\udfff\ufffe\uffff]/g;

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/**
 * A message as the queue carries it: JSON, only characters that every queue takes.
 *
 * @throws CarferryError `park`, `message-too-large`, above 200 KiB.
 */
export function serialiseMessage(message: QueueMessage): string {
  const body = JSON.stringify(message).replace(REFUSED, escapeUnit);
  if (Buffer.byteLength(body) > MAX_MESSAGE_BYTES) {
    throw unsendable(
      'message-too-large',
      `a ${message.kind} message is above ${MAX_MESSAGE_BYTES / 1024} KiB`,
    );
  }
  return body;
}
