import { type Channel, channel } from 'node:diagnostics_channel';

/*
 * What the functions tell about their work while it goes on. The local run shows it to people, on Lambda
 * lib/lambda/metrics.ts counts it. Ids, counts and codes only, never a person's data.
 */

/** One call to TOP as it ended; `retried` and `banned` count attempts that were repeated. */
export type TopCallEvent = {
  readonly method: string;
  readonly outcome: 'ok' | 'retried' | 'failed' | 'banned';
  readonly reason?: string;
  readonly durationMs: number;
  readonly requestId?: string;
  /** Epoch milliseconds at which a ban ends. */
  readonly until?: number;
};

/** Where a stream is, after every page and at its end. Counts are of one run and only grow within it. */
export type StreamProgressEvent = {
  readonly stream: string;
  readonly source: 'trades' | 'adOrders';
  readonly shop?: string;
  readonly lane: string;
  /** Names the run that counts. */
  readonly run: string;
  /** Epoch milliseconds: where the run began, where it shall end, up to where everything is accounted for. */
  readonly from: number;
  readonly to: number;
  readonly watermark: number;
  readonly windows: number;
  readonly pages: number;
  readonly rows: number;
  readonly enqueued: number;
  readonly unchanged: number;
  readonly parked: number;
  readonly openWindows: number;
  /** `walking`, or how the run ended. */
  readonly state: 'walking' | 'caught-up' | 'more' | 'held' | 'halted' | 'deferred' | 'failed';
  readonly reason?: string;
  /** ISO time before which calling again is useless. */
  readonly until?: string;
};

/** A message whose effect is durable. */
export type RecordEvent = {
  readonly kind: 'trade' | 'due' | 'adLine' | 'lead' | 'noLead';
  readonly shop: string;
  readonly orderId?: string;
  readonly leadId?: string;
  /** Sort key of an ad line. */
  readonly line?: string;
  /** Items of a trade. */
  readonly itemIds?: readonly string[];
  /** When the platform says that it changed; ISO `+08:00`. */
  readonly upstreamAt?: string;
};

/** A figure as it stands: how late the oldest due was done, how many days the first session has left, red days. */
export type GaugeEvent = {
  readonly name: 'DuesBehindSeconds' | 'SessionDaysLeft' | 'RedDays';
  readonly value: number;
};

const topCalls = channel('carferry:top-call');
const streams = channel('carferry:stream');
const records = channel('carferry:record');
const gauges = channel('carferry:gauge');
const drifts = channel('carferry:drift');
const logEvents = channel('carferry:log-event');

/** Tells how a call to TOP ended. */
export function publishTopCall(event: TopCallEvent): void {
  topCalls.publish(event);
}

/** Calls `listener` for every TOP call of this process; returns the function that stops it. */
export function onTopCall(listener: (event: TopCallEvent) => void): () => void {
  return listen(topCalls, listener, isTopCallEvent);
}

/** The event is made only when somebody listens. */
export function publishStreamProgress(event: () => StreamProgressEvent): void {
  if (streams.hasSubscribers) streams.publish(event());
}

/** Calls `listener` after every page of every stream of this process; returns the function that stops it. */
export function onStreamProgress(listener: (event: StreamProgressEvent) => void): () => void {
  return listen(streams, listener, isStreamProgressEvent);
}

/** The event is made only when somebody listens. */
export function publishRecord(event: () => RecordEvent): void {
  if (records.hasSubscribers) records.publish(event());
}

/** Calls `listener` for every message that a consumer of this process finished; returns the function that stops it. */
export function onRecord(listener: (event: RecordEvent) => void): () => void {
  return listen(records, listener, isRecordEvent);
}

/** Tells a figure as it stands now. */
export function publishGauge(event: GaugeEvent): void {
  gauges.publish(event);
}

/** Calls `listener` for every figure; returns the function that stops it. */
export function onGauge(listener: (event: GaugeEvent) => void): () => void {
  return listen(gauges, listener, isGaugeEvent);
}

/** Tells the name of a field that the platform sent and no document knows. */
export function publishDrift(field: string): void {
  drifts.publish(field);
}

/** Calls `listener` with the name of every unknown field, each time; returns the function that stops it. */
export function onDrift(listener: (field: string) => void): () => void {
  return listen(drifts, listener, isText);
}

/** Tells that a line with this event was logged, so that lines can be counted without being read. */
export function publishLogEvent(event: string): void {
  logEvents.publish(event);
}

/** Calls `listener` with the event of every line logged; returns the function that stops it. */
export function onLogEvent(listener: (event: string) => void): () => void {
  return listen(logEvents, listener, isText);
}

function listen<T>(
  on: Channel,
  listener: (event: T) => void,
  isEvent: (message: unknown) => message is T,
): () => void {
  const receive = (message: unknown): void => {
    if (isEvent(message)) listener(message);
  };
  on.subscribe(receive);
  return () => {
    on.unsubscribe(receive);
  };
}

function isTopCallEvent(message: unknown): message is TopCallEvent {
  return typeof message === 'object' && message !== null && 'method' in message && 'outcome' in message;
}

function isStreamProgressEvent(message: unknown): message is StreamProgressEvent {
  return typeof message === 'object' && message !== null && 'stream' in message && 'run' in message;
}

function isText(message: unknown): message is string {
  return typeof message === 'string';
}

function isGaugeEvent(message: unknown): message is GaugeEvent {
  return typeof message === 'object' && message !== null && 'name' in message && 'value' in message;
}

function isRecordEvent(message: unknown): message is RecordEvent {
  return typeof message === 'object' && message !== null && 'kind' in message && 'shop' in message;
}
