import { channel } from 'node:diagnostics_channel';

/** One call to TOP as it ended; `retried` and `banned` count attempts that were repeated. */
export type TopCallEvent = {
  readonly method: string;
  readonly outcome: 'ok' | 'retried' | 'failed' | 'banned';
  readonly reason?: string;
  readonly durationMs: number;
  readonly requestId?: string;
};

const topCalls = channel('carferry:top-call');

/** Nobody listens on Lambda; the local run counts calls here. */
export function publishTopCall(event: TopCallEvent): void {
  topCalls.publish(event);
}

/** Calls `listener` for every TOP call of this process; returns the function that stops it. */
export function onTopCall(listener: (event: TopCallEvent) => void): () => void {
  const receive = (message: unknown): void => {
    if (isTopCallEvent(message)) listener(message);
  };
  topCalls.subscribe(receive);
  return () => topCalls.unsubscribe(receive);
}

function isTopCallEvent(message: unknown): message is TopCallEvent {
  return typeof message === 'object' && message !== null && 'method' in message && 'outcome' in message;
}
