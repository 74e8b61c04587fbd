import type { QueueMessage } from '../domain/queueMessage.ts';

/** What a message is about, whichever delivery or version of it this is. */
export function subjectOf(message: QueueMessage): {
  readonly id: string;
  readonly orderId?: string | undefined;
} {
  switch (message.kind) {
    case 'trade':
    case 'due':
    case 'noLead':
      return { id: message.orderId, orderId: message.orderId };
    case 'adLine':
      return { id: `${message.line.orderId}#${message.line.line}`, orderId: message.line.orderId };
    case 'lead':
      return { id: message.lead.leadId, orderId: message.lead.orderId };
  }
}

/** Where a message that could be read lies in quarantine when it cannot be worked. */
export function parkedId(source: string, message: QueueMessage): string {
  return `${source}#${message.kind}#${subjectOf(message).id}`;
}

/** Later versions of one subject sort after earlier ones; empty where a message has none. */
export function versionOf(message: QueueMessage): string {
  switch (message.kind) {
    case 'trade':
      return `${message.trade.modifiedAt} ${message.observedAt}`;
    case 'adLine':
      return message.line.observedAt;
    case 'lead':
      return message.lead.observedAt;
    case 'noLead':
      return message.observedAt;
    case 'due':
      return '';
  }
}
